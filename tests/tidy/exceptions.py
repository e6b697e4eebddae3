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
    "Example.ShowsEveryKey": 129,  # one row a key of conf/example.toml
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
    "Lane": 27,         # one member of the row a member
    "Manners": 29,      # what a played receiver can be told to do
    "Simulation": 27,
    "PlanOptions": 26,  # one key of [[plan]] a member
}
CLASS_FUNCTIONS = {"Simulation": 55, "ServerSession": 46}
CLASS_SOURCES = {"Simulation": 6, "Store": 4, "Store::Db": 4}
DOUBLED_TYPES = {  # how many types have the name
    "Answer": 3, "At": 2, "Boot": 2, "Candidate": 2, "Claim": 2, "Conversation": 2, "Draft": 2, "End": 2, "Entry": 2,
    "Envelope": 2, "Event": 2, "Hour": 2, "Key": 2, "Kind": 4, "Lane": 3, "LaneReport": 2, "Line": 3,
    "Listener": 2, "Moment": 2, "Network": 2, "Outcome": 3, "Place": 3, "Places": 2, "Record": 2, "Refusal": 2, "Rehearsal": 2,
    "Report": 2, "Row": 3, "Rules": 2, "Search": 2, "Stage": 2, "Stamp": 2, "Table": 2, "Waiter": 3, "Way": 2,
}
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
