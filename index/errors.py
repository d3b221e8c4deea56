"""Every error Dateline raises on purpose.

    DatelineError
    ├── InputError              a file or record that cannot be read; the batch goes on
    │   ├── EmptyInput          nothing in it
    │   ├── NotText             bytes that are no text
    │   ├── UnsupportedFormat   a type no loader takes
    │   ├── MalformedInput      the right type, but broken, encrypted or without text
    │   ├── TooLarge            over a stated limit
    │   ├── FetchError          a web address that may not be fetched, or was not answered as asked
    │   └── ParserFailed        its parser crashed, or took too much time or memory
    ├── IndexStateError         the index on disk
    │   ├── IndexNotFound       no index at that path
    │   ├── IndexExists         one already where a new one is to be made
    │   ├── IndexMismatch       made with another model, format or version
    │   ├── IndexCorrupt        fails its checks
    │   ├── IndexLocked         another writer holds it
    │   └── IndexUnwritable     the disk has no room for a change, or fails
    ├── ModelError              model files missing, wrong or unusable
    ├── ConfigError             a setting, a name or an extra
    │   ├── UnknownName         not in a registry
    │   └── MissingExtra        needs an optional dependency
    ├── QuestionError           a question that cannot be asked
    ├── Cancelled               an answer that nobody waits for any more
    ├── ServerBusy              more questions wait for an answer than may
    ├── ServerStopping          no answer, since the server is being stopped
    ├── FeedbackError           a verdict on an answer that cannot be taken
    │   └── FeedbackStoreError  the file of feedback cannot be written or read
    ├── NotObservable           network use cannot be watched here


    │   ├── FeedbackStoreError  the file of feedback cannot be written or read
    │   └── TooMuchFeedback     more verdicts in a short time than are taken
    └── BenchmarkError          an evaluation set that cannot be read

A message says what is wrong, with which value, and what to do next. The core raises; only `ui` prints.
"""


class DatelineError(Exception):
    """Base of every error in this project: catch this one at an edge."""


class InputError(DatelineError):
    """A file or record cannot be turned into documents."""


class EmptyInput(InputError):
    """The input holds no bytes, or no text."""


class NotText(InputError):
    """The bytes are not text in any encoding we know."""


class UnsupportedFormat(InputError):
    """No loader takes this type of content."""


class MalformedInput(InputError):
    """The type is known, but the content is broken, encrypted or has no text layer."""


class TooLarge(InputError):
    """The input exceeds a limit; the message names the limit."""


class FetchError(InputError):
    """A web address may not be fetched, or its server did not answer as asked."""


class ParserFailed(InputError):
    """The process that parsed the input crashed, or was stopped for the time or memory that it took."""


class IndexStateError(DatelineError):
    """Something about the index on disk."""


class IndexNotFound(IndexStateError):
    """There is no index at that path."""


class IndexExists(IndexStateError):
    """There is an index already where a new one is to be made."""


class IndexMismatch(IndexStateError):
    """The index was made with another model, format or version than the one asked for."""


class IndexCorrupt(IndexStateError):
    """The index fails its own checks."""


class IndexLocked(IndexStateError):
    """Another process is writing to the index."""


class IndexUnwritable(IndexStateError):
    """The disk has no room for a change, or refuses it: `what` is wrong, and the advice."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(f"{what}: {advice}")
        self.what = what


class ModelError(DatelineError):
    """Model files are missing, altered or unusable."""


class ConfigError(DatelineError):
    """A setting is wrong."""


class UnknownName(ConfigError):
    """A name that stands in no registry."""


class MissingExtra(ConfigError):
    """An optional dependency is not installed."""


class QuestionError(DatelineError):
    """A question is empty, too long or not text."""


class Cancelled(DatelineError):
    """The work was stopped, since nobody waits for its result any more."""


class ServerBusy(DatelineError):
    """As many questions wait for an answer as may; `retry_after` is the time in seconds until those are answered."""

    def __init__(self, waiting: int, retry_after: int) -> None:
        seconds = "1 second" if retry_after == 1 else f"{retry_after} seconds"
        super().__init__(f"{waiting} questions wait for an answer, which is as many as may: ask again in {seconds}")
        self.retry_after = retry_after


class ServerStopping(DatelineError):
    """The server is being stopped, and has no time for the answer."""

    def __init__(self) -> None:
        super().__init__("the server is being stopped: ask again when it is back")


class FeedbackError(DatelineError):
    """A verdict on an answer contradicts itself, or is too long."""


class FeedbackStoreError(FeedbackError):
    """The file of feedback cannot be written or read."""


class TooMuchFeedback(FeedbackError):
    """More verdicts came than are taken in a minute; `retry_after` is the time in seconds until the next one is."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"more verdicts came than are taken in a minute: send it again in {retry_after} s")
        self.retry_after = retry_after


class NotObservable(DatelineError):
    """The network use of a program cannot be watched on this machine; the message says why."""


class BenchmarkError(DatelineError):
    """An evaluation set is missing, malformed or inconsistent."""
