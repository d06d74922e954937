"""Which cases there are, without running them."""

import ast
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "cases"


def listed() -> list[str]:
    """`file.test_function`, in the order of the files' names and then of their lines."""
    names = []
    for file in sorted(FOLDER.glob("*.py")):
        for node in ast.parse(file.read_text(), str(file)).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                names.append(f"{file.stem}.{node.name}")
    return names


def chosen(words: list[str]) -> list[str]:
    """The cases whose name contains one of the words; all without words."""
    everything = listed()
    for word in words:
        if not any(word in name for name in everything):
            raise SystemExit(f"vm: no case is called {word}")
    return [name for name in everything if not words or any(word in name for word in words)]
