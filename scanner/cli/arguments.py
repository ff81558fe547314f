"""Command lines as Gitleaks takes them (Go's pflag), turned into what click takes.

They differ in four ways: flags of the whole program may stand before the command; a flag may be given a
truth value (``--verbose=false``); an option may have a value that a bare one stands for (``--redact``), and
then never takes the next word; and a short option's value may follow an ``=`` (``-f=json``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click

# What Go's strconv.ParseBool takes.
_TRUE = frozenset(("1", "t", "T", "TRUE", "true", "True"))
_FALSE = frozenset(("0", "f", "F", "FALSE", "false", "False"))


class Option(click.Option):
    """An option that knows its place in the help.

    Args:
        section: title of the help's section that lists it.
        bare: the value that it has when it stands alone; then a value must be joined to it by ``=``.
    """

    def __init__(
        self, *declarations: object, section: str = "Options", bare: str = "", **more: object
    ) -> None:
        super().__init__(*declarations, **more)  # type: ignore[arg-type]
        self.section, self.bare = section, bare


class Vocabulary:
    """The options of a command by name.

    Args:
        parameters: of the command; what is no option is left aside.
    """

    def __init__(self, parameters: Iterable[click.Parameter]) -> None:
        self._options = {
            name: parameter
            for parameter in parameters
            if isinstance(parameter, click.Option)
            for name in (*parameter.opts, *parameter.secondary_opts)
        }

    def takes_next(self, word: str) -> bool:
        """Whether the word after the option `word` is its value."""
        if word.startswith("--"):
            return self._takes_value(word)
        for index in range(1, len(word)):
            if self._takes_value(f"-{word[index]}"):
                return index == len(word) - 1
        return False

    def rewritten(self, words: Sequence[str]) -> list[str]:
        """`words` of a command, without its name, as click takes them.

        Raises:
            click.UsageError: a flag's value is neither true nor false.
        """
        done: list[str] = []
        rest = iter(words)
        for word in rest:
            if word == "--":
                return [*done, word, *rest]
            name, joined, value = word.partition("=")
            option = self._options.get(name) if word.startswith("-") else None
            if option is None:
                done.append(word)
            elif not joined:
                bare = getattr(option, "bare", "")
                done.append(f"{word}={bare}" if bare else word)
            elif option.is_flag:
                done = _with_flag(done, option, name, value)
            else:
                done += [word] if name.startswith("--") else [name, value]
            if word.startswith("-") and self.takes_next(word):
                done += [value for value in (next(rest, None),) if value is not None]
        return done

    def _takes_value(self, name: str) -> bool:
        option = self._options.get(name)
        return (
            option is not None and not option.is_flag and not option.count and not getattr(option, "bare", "")
        )


def command_first(words: Sequence[str], options: Vocabulary) -> list[str]:
    """`words` of the program with the options that stand before the command's name moved behind it.

    A question for help or the version stays where it is; options without a command are one for help.
    """
    index = 0
    while index < len(words) and words[index].startswith("-"):
        if words[index] in ("-h", "--help", "--version"):
            return [words[index]]
        index += 2 if options.takes_next(words[index]) else 1
    if index >= len(words):
        return ["--help"] if words else []
    return [words[index], *words[:index], *words[index + 1 :]]


def _with_flag(done: list[str], option: click.Option, name: str, value: str) -> list[str]:
    """`done` and the flag, or without it; the last one counts."""
    if value in _TRUE:
        return [*done, name]
    if value in _FALSE:
        return [word for word in done if word not in option.opts]
    raise click.BadOptionUsage(name, f"Option '{name}' is a flag: give it true or false, not {value!r}.")
