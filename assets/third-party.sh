#!/bin/sh
# Lists the packages of Cargo.lock with their licenses in third-party.txt, which the About dialog shows.
cd "$(dirname "$0")" && cargo metadata --format-version 1 | python3 -c '
import json, sys
data = json.load(sys.stdin)
own = set(data["workspace_members"])
rows = {(p["name"], p["version"], p["license"] or "see its license file") for p in data["packages"] if p["id"] not in own}
sys.stdout.writelines("\t".join(row) + "\n" for row in sorted(rows))' > third-party.txt
