"""Settings: declared once, read from five places, in one order, and secrets never shown."""

from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.errors import UsageError
from pytest_kibana.profiles import PROFILES, profile
from pytest_kibana.settings import Settings, declared, env_of, flag_of, ini_of


def resolve(**places: dict[str, str]) -> Settings:
    return Settings.resolve(
        flag=places.get("flag", {}).get,
        environment=places.get("env", {}),
        ini=places.get("ini", {}).get,
        profile=lambda _name: places.get("profile", {}),
    )


def test_each_place_wins_over_the_next() -> None:
    everywhere = {
        "flag": {"url": "http://flag"},
        "env": {"KIBANA_URL": "http://env"},
        "ini": {"url": "http://ini"},
        "profile": {"url": "http://profile"},
    }
    everywhere["env"]["KIBANA_PROFILE"] = "ours"
    for place, origin in (("flag", "flag"), ("env", "environment"), ("ini", "ini"), ("profile", "profile")):
        settings = resolve(**everywhere)
        assert settings.url == f"http://{place}"
        assert settings.origins["url"] == origin
        everywhere[place].pop("url", everywhere[place].pop("KIBANA_URL", None))
    assert resolve(**everywhere).url is None
    assert resolve(**everywhere).origins["url"] == "default"


def test_an_empty_variable_is_no_value() -> None:
    assert resolve(env={"KIBANA_API_KEY": ""}).api_key is None


@pytest.mark.parametrize(
    ("place", "key", "named"),
    [
        ("flag", "seed", "--kibana-seed"),
        ("env", "KIBANA_SEED", "KIBANA_SEED"),
        ("ini", "seed", "ini key kibana_seed"),
    ],
)
def test_an_unreadable_value_is_named_by_its_place(place: str, key: str, named: str) -> None:
    with pytest.raises(UsageError, match=named) as raised:
        resolve(**{place: {key: "many"}})
    assert raised.value.hint


@pytest.mark.parametrize("value", ["reckless", "Space", ""])
def test_a_choice_outside_its_values_is_refused(value: str) -> None:
    if not value:
        assert resolve(env={"KIBANA_ALLOW": value}).allow == "space"
        return
    with pytest.raises(UsageError, match="KIBANA_ALLOW") as raised:
        resolve(env={"KIBANA_ALLOW": value})
    assert "disruptive" in raised.value.hint


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("1.5s", 1.5), ("2m", 120), ("250ms", 0.25), ("1h", 3600)]
)
def test_durations_have_units(text: str, seconds: float) -> None:
    assert resolve(flag={"wait": text}).wait == seconds


def test_a_list_may_be_given_at_once_or_piece_by_piece() -> None:
    flags = {"operations": ["spaces,short url", "GET /api/status"]}
    assert resolve(flag=flags).operations == ("spaces", "short url", "GET /api/status")  # type: ignore[arg-type]
    assert resolve(env={"KIBANA_OPERATIONS": "spaces, cases"}).operations == ("spaces", "cases")


@given(st.text(min_size=4, alphabet=st.characters(min_codepoint=33, max_codepoint=126)))
def test_no_secret_stands_in_the_redacted_settings(secret: str) -> None:
    secrets = {name: f"canary-{secret}" for name, option in declared() if option.secret}
    settings = resolve(flag=secrets)
    assert f"canary-{secret}" not in str(settings.redacted().values())
    assert set(settings.secrets()) == set(secrets.values())


def test_every_setting_is_an_option_with_one_flag_one_variable_one_key() -> None:
    names = [name for name, _ in declared()]
    assert set(names) == {f.name for f in fields(Settings)} - {"origins"}
    for namer in (flag_of, env_of, ini_of):
        assert len({namer(name) for name in names}) == len(names)


def test_a_profile_extends_another_and_a_flag_wins_over_both(tmp_path: Path) -> None:
    (tmp_path / "kibana.toml").write_text(
        '[profiles.nightly]\nextends = "thorough"\nallow = "global"\noperations = ["spaces", "cases"]\n'
    )
    found = profile("nightly", tmp_path)
    assert found == {"allow": "global", "budget": "thorough", "operations": "spaces,cases"}
    settings = Settings.resolve(
        flag={"profile": "nightly", "allow": "read"}.get,
        environment={},
        profile=lambda name: profile(name, tmp_path),
    )
    assert (settings.allow, settings.budget, settings.operations) == ("read", "thorough", ("spaces", "cases"))
    assert settings.origins["budget"] == "profile"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[profiles.a]\nextends = 'b'\n[profiles.b]\nextends = 'a'\n", "extends itself"),
        ("[profiles.a]\nalow = 'read'\n", "'alow' is not a setting"),
        ("[profiles.b]\nallow = 'read'\n", "no profile 'a'"),
        ("[profiles.a\n", "not TOML"),
    ],
)
def test_a_profile_that_cannot_be_right_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "kibana.toml").write_text(text)
    with pytest.raises(UsageError, match=said):
        profile("a", tmp_path)


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_our_own_profiles_are_settings(name: str, tmp_path: Path) -> None:
    settings = Settings.resolve(
        flag={"profile": name}.get, environment={}, profile=lambda wanted: profile(wanted, tmp_path)
    )
    assert settings.profile == name
