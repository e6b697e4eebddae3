#!/usr/bin/perl
# Verifies a folder of signed messages with Mail::DKIM: dkim_mail_dkim.pl FOLDER. RSA must verify; so must Ed25519, which the verifier of
# Debian 12 does not know: it must call it unsupported and not bad. Broken messages must not verify.
use strict;
use warnings;
use Mail::DKIM::Verifier;
use Net::DNS;

package OurDns;    # answers from dns.txt instead of asking anybody
sub new { my ( $class, %records ) = @_; return bless {%records}, $class }
sub errorstring { return 'NOERROR' }

sub send {
    my ( $self, $name, $type ) = @_;
    my $packet = Net::DNS::Packet->new( $name, $type );
    $packet->header->rcode('NOERROR');
    ( my $key = $name ) =~ s/\.$//;
    $packet->push( answer => Net::DNS::RR->new( name => $name, type => 'TXT', txtdata => [ $self->{$key} =~ /.{1,255}/g ] ) )
      if $self->{$key};
    return $packet;
}

package main;

sub slurp {
    my ($path) = @_;
    open my $file, '<:raw', $path or die "$path: $!";
    local $/ = undef;
    return scalar <$file>;
}

# "algorithm result" for each of our signatures (s=rsa, s=ed).
sub verdicts {
    my ($message) = @_;
    my $verifier = Mail::DKIM::Verifier->new;
    $verifier->PRINT($message);
    $verifier->CLOSE;
    my %found;
    for my $signature ( @{ $verifier->{signatures} } ) {
        next unless ( $signature->domain // '' ) eq 'example.com';
        $found{ $signature->selector } = $signature->result_detail;
    }
    return \%found;
}

sub swap {
    my ( $message, $at ) = @_;
    substr( $message, $at, 1 ) = substr( $message, $at, 1 ) eq 'Q' ? 'R' : 'Q';
    return $message;
}

sub broken {
    my ($message) = @_;
    my %copies = ( From => swap( $message, index( $message, 'ann@example.com' ) ) );
    my $body = index( $message, "\r\n\r\n" ) + 4;
    $copies{body} = swap( $message, $body + $-[0] ) if substr( $message, $body ) =~ /[0-9A-Za-z]/;
    $copies{'b='} = swap( $message, index( $message, "\tb=" ) + 10 );
    return \%copies;
}

my ($folder) = @ARGV;
Mail::DKIM::DNS::resolver( OurDns->new( map { chomp; split /\t/ } split /^/, slurp("$folder/dns.txt") ) );
my ( $checked, $refused, $wrong ) = ( 0, 0, 0 );
for my $path ( sort glob "$folder/*.eml" ) {
    my $message = slurp($path);
    my $found   = verdicts($message);
    ++$checked;
    if ( ( $found->{rsa} // 'none' ) ne 'pass' ) {
        ++$wrong;
        print "$path: expected the RSA signature to verify, found ", $found->{rsa} // 'none', "\n";
    }
    if ( ( $found->{ed} // 'none' ) !~ /^pass$|^invalid \(unsupported algorithm/ ) {
        ++$wrong;
        print "$path: expected Ed25519 to verify or to be unsupported, found ", $found->{ed} // 'none', "\n";
    }
    my $copies = broken($message);
    for my $what ( sort keys %$copies ) {
        ++$refused;
        my $result = verdicts( $copies->{$what} )->{rsa} // 'none';
        next unless $result eq 'pass';
        ++$wrong;
        print "$path: an octet of $what changed and it still verifies\n";
    }
}
print "Mail::DKIM: $checked messages, $checked RSA signatures, $refused broken copies, $wrong wrong\n";
exit( $wrong == 0 && $checked > 0 ? 0 : 1 );
