"""``pytest-kibana completion``: the line that teaches a shell our commands and options."""

import click

_LINES = {
    "bash": 'eval "$(_PYTEST_KIBANA_COMPLETE=bash_source pytest-kibana)"',
    "zsh": 'eval "$(_PYTEST_KIBANA_COMPLETE=zsh_source pytest-kibana)"',
    "fish": "_PYTEST_KIBANA_COMPLETE=fish_source pytest-kibana | source",
}
_FILES = {"bash": "~/.bashrc", "zsh": "~/.zshrc", "fish": "~/.config/fish/completions/pytest-kibana.fish"}


@click.command("completion")
@click.argument("shell", type=click.Choice(list(_LINES)))
def command(shell: str) -> None:
    """Print the line to put into the start-up file of SHELL, so that it completes commands and options."""
    click.echo(_LINES[shell])
    click.echo(f"# put this into {_FILES[shell]}", err=True)
