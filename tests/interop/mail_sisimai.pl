#!/usr/bin/perl
# Reads bounces with Sisimai: mail_sisimai.pl FOLDER (a Maildir). Prints a JSON array of {recipient, deliverystatus, reason, action,
# diagnosticcode, addresser, messageid}.
use strict;
use warnings;
use JSON::PP;
use Sisimai;

my $read = Sisimai->can('rise') || Sisimai->can('make');    # version 5, version 4
my $found = Sisimai->$read($ARGV[0], 'delivered' => 1) || [];
my @rows = map {
    my $one = $_;
    +{ recipient => $one->recipient->address, addresser => $one->addresser->address,
       map { $_ => '' . ($one->{$_} // '') } qw(deliverystatus reason action diagnosticcode messageid replycode) };
} @$found;
print JSON::PP->new->canonical->encode(\@rows), "\n";
