"""What the tree of today may still break, by name and with its figure: the only such list.

What      One table a rule. An entry allows exactly the figure it gives: more is a fault, and so is less (lower the entry) and an entry
          that nothing needs any more (remove it).
Units     Functions are called Class::function, namespace::function or Suite.Test; types by their last name.
Not here  lists that say where something belongs (banned.py, heavy.py, layers.py; allowed.py looks after those).
"""
from tree import Fault

HERE = "tests/tidy/exceptions.py"

FILE_LINES = {}
FUNCTION_LINES = {
    "Example.ShowsEveryKey": 131,  # one row a key of conf/example.toml
}
PARAMETERS = {
    "real::forget_key": 6,  # OpenSSL gives the signature
    "ctl::gate": 6,
    "warmup::react": 6,
}
NESTING = {
    "mta::count_waiting": 4,
    "OutcomesTest.NothingThatCanBeHeardIsWithoutAnswer": 6,  # every combination of five dimensions
}
CLASS_DATA = {
    "Config": 35,       # one section or key of the configuration a member
    "Lane": 26,         # one member of the row a member
    "Manners": 29,      # what a played receiver can be told to do
}
CLASS_FUNCTIONS = {"ServerSession": 46}
CLASS_SOURCES = {"Store": 4, "Store::Db": 4}
DOUBLED_TYPES = {}
UNUSED = {  # a program calls none of them
    "Credentials::hashed": 1,         # tests count hashes
    "RouteCache::last_known": 1,
    "Store::approximate_memory": 1,   # tests and benchmarks hold it against promises
    "queue::decode_body_key": 1,      # the inverse, by which tests judge body_key
    "smtp::encode_xtext": 1,          # the inverse, by which tests judge the reader
    "warmup::complained": 1,          # complaints are counted by tests until reports of them are read
}


class Ratchet:
    """Compares what is found with a table of exceptions and a limit."""

    def __init__(self, tree, name, limit):
        self.tree, self.name, self.limit, self.seen = tree, name, limit, {}

    def table(self):
        return globals()[self.name]

    def allows(self, key, found):
        """Whether `found` of `key` is within the limit or exactly what its exception says; remembers it for left()."""
        self.seen[key] = max(found, self.seen.get(key, 0))
        return found <= max(self.limit, self.table().get(key, 0))

    def left(self):
        """Faults for exceptions that allow more than is there."""
        if HERE not in self.tree.files:
            return
        for key, figure in self.table().items():
            found = self.seen.get(key, 0)
            if found <= self.limit:
                yield Fault(HERE, 1, f'{self.name}["{key}"] is not needed any more: found {found}, {self.limit} are allowed; remove it')
            elif found < figure:
                yield Fault(HERE, 1, f'{self.name}["{key}"] says {figure}, found {found}: lower it')
