"""Several commands of the house in one process, as JSON on both sides: importing the house takes longer than most."""

from __future__ import annotations

import json
import sys
from traceback import print_exception


def main() -> int:
    """Read lists of arguments, as one list, from standard input; print what each command printed, as one list."""
    from wsgi import app

    runner = app.test_cli_runner()
    printed = []
    for arguments in json.load(sys.stdin):
        done = runner.invoke(args=arguments)
        if done.exit_code != 0:
            sys.stderr.write(done.output)
            if done.exception:
                print_exception(done.exception)
            return 1
        printed.append(done.stdout)
    sys.stdout.write(json.dumps(printed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
