"""That a template may be compiled once: what it is compiled to has nothing of a language in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jinja2
import pytest

from kiosk.language.compiled import Compiled
from kiosk.language.languages import Language, shipped
from kiosk.receipts import render
from kiosk.web import view


@pytest.mark.parametrize("environment", [view.environment, render._environment], ids=["screens", "slips"])
def test_every_template_is_compiled_to_the_same_in_every_language(
    environment: Callable[[Language], jinja2.Environment],
) -> None:
    made = [environment(language) for language in shipped()]
    names = made[0].list_templates(extensions=["html"])
    assert names and len(made) > 5
    for name in names:
        assert len({compiled(each, name) for each in made}) == 1, name


def compiled(environment: jinja2.Environment, name: str) -> str:
    assert environment.loader is not None
    source, path, _ = environment.loader.get_source(environment, name)
    return environment.compile(source, name, path, raw=True)


def test_the_second_environment_takes_the_code_and_keeps_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_, times = jinja2.Environment.compile, []

    def counted(environment: jinja2.Environment, *source: Any) -> Any:
        times.append(environment)
        return compile_(environment, *source)

    monkeypatch.setattr(jinja2.Environment, "compile", counted)
    once, said = Compiled(), []
    for word in ("こんにちは", "안녕하세요"):
        made = jinja2.Environment(
            loader=jinja2.DictLoader({"greeting": "{{ _('hello') }}, {{ name }}"}),
            extensions=["jinja2.ext.i18n"],
            bytecode_cache=once,
        )
        made.globals["_"] = lambda _text, word=word: word
        said.append(made.get_template("greeting").render(name="Ana"))
    assert said == ["こんにちは, Ana", "안녕하세요, Ana"]
    assert len(times) == 1
