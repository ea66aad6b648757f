"""Starts the command line: from a wheel (our folders lie under `_app`) and from a checkout (they are importable)."""

import sys
from pathlib import Path

# First on the path: our own folders win over a stray `api` or `services` that something else installed.
sys.path.insert(0, str(Path(__file__).with_name("_app")))


def main() -> None:
    # Here and not above: processes that work for this one import it again, and need no command line.
    try:
        from api.cli import main
    except KeyboardInterrupt:  # it takes a moment until a verb could hear of it
        sys.exit(130)
    main()


if __name__ == "__main__":
    main()
