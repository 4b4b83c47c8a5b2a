#!/bin/bash
# Starts the node. What the environment says holds; bundle.env says the rest.
set -Eeuo pipefail

here="$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
while IFS='=' read -r key value; do
  [[ -n "${!key:-}" ]] || export "$key=$value"
done < "$here/bundle.env"
# The code is found through the folder, not PYTHONPATH: workers must see the handlers of their archive, not these.
cd "$here/node"
exec "$here/site/bin/python" -m serving.node
