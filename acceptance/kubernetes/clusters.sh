#!/usr/bin/env bash
# A cluster of real nodes that has Gyropilot's images: clusters.sh up | down. Prints its kubeconfig on stdout.
# clusters.sh node ARGUMENT… is nodes.sh for it, to break things. The API server keeps an audit log of Gyropilot's requests.
# Needs root, and Go or what build.sh has built before; builds the images by ./gyro image.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd); root=$(cd "$here/../.." && pwd)
export TOP=${TOP:-${XDG_CACHE_HOME:-$HOME/.cache}/gyropilot-cluster} PRE=${PRE:-gy} NET=${NET:-10.252.0} PODS=${PODS:-10.247.0.0/16} SVC=${SVC:-10.99.0}
export DISK=${DISK:-1200m} API_ARGS=${API_ARGS:-"--audit-policy-file=$here/conf/audit.yaml --audit-log-path=$TOP/audit.log --audit-log-maxsize=1000"}
case ${1:-} in
  node) shift; exec bash "$here/nodes.sh" "$@" ;;
  up)
    bash "$here/build.sh" node helm >&2
    "$root/gyro" image >&2
    mkdir -p "$TOP"
    bash "$here/nodes.sh" up "${NODES:-2}" >&2
    bash "$here/nodes.sh" load "$root/target/image/gyropilot.tar" >&2 2>&1
    echo "$TOP/kubeconfig" ;;
  down) [ ! -d "$TOP/pki" ] || { bash "$here/nodes.sh" down >&2; rm -rf "$TOP"; } ;;
  *) echo "clusters.sh up | down | node ARGUMENT…" >&2; exit 2 ;;
esac
