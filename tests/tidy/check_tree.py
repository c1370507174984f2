# SPDX-License-Identifier: Apache-2.0
"""check_tree.py ROOT [RULE...]: applies the rules of rules.py to a tree; exit 1 and one line per offence."""

import sys

from rules import RULES
from tree import Tree


def main(arguments):
    if not arguments or any(name not in RULES for name in arguments[1:]):
        print(f"usage: check_tree.py ROOT [{' | '.join(RULES)}]...", file=sys.stderr)
        return 64
    tree = Tree(arguments[0])
    if not tree.code():
        print(f"{tree.root}: holds no code; is this the repository?", file=sys.stderr)
        return 64
    offences = [f"{line}  [{name}]" for name in arguments[1:] or RULES for line in RULES[name](tree)]
    print("\n".join(offences) or f"{len(tree.paths)} files, no offence")
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
