#!/usr/bin/env bash
# ./gyro verify [--quick] [--soak] [--clusters] [--kubeconfig FILE] [--only MODULE[,MODULE]]: format, Error Prone, NullAway, unit, integration, architecture and acceptance tests.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

quick=no guide=no clusters=no groups=soak,slow inputs=5000 modules=()
while [ $# -gt 0 ]; do
  case $1 in
    --quick) quick=yes; groups=soak,slow,cluster,process ;;
    --soak) groups=none inputs=100000 ;;
    --guide) guide=yes ;;
    --clusters) clusters=yes ;;
    --kubeconfig) shift; export GYROPILOT_CLUSTER=$1 ;;
    --only) shift; modules=(-pl "$1" -am) ;;
    -h | --help)
      echo "gyro verify [--quick] [--soak] [--clusters] [--kubeconfig FILE] [--only MODULE,…]"
      echo "  --quick  format, compile checks and fast unit tests only, no *IT, no *Sim (under a minute when warm)"
      echo "  --soak   also the long runs: 500 crash loops, large scales, 100,000 worlds for both device allocators"
      echo "  --clusters  also on a real two-node Kubernetes, built from Go modules and started here (needs root)"
      echo "  --kubeconfig FILE  also on that cluster, whose nodes have the images of gyro image"
      echo "  --guide  only run docs/guide.md and record it anew"
      echo "  --only   these modules and what they need"
      exit 0 ;;
    *) echo "gyro verify: unknown option $1 (see gyro verify --help)" >&2; exit 2 ;;
  esac
  shift
done

# What a test wants beyond a JDK it finds by itself; what is missing is said here and again by the test.
missing=()
for tool in kubectl python3 node nginx wrk; do command -v "$tool" >/dev/null 2>&1 || missing+=("$tool"); done
if [ ${#missing[@]} -gt 0 ]; then echo "gyro verify: not on the PATH, their tests are left out: ${missing[*]}" >&2; fi

# The world of real nodes: started here when asked for, or any cluster by its kubeconfig.
if [ "$clusters" = yes ]; then
  GYROPILOT_CLUSTER=$(bash "$root/acceptance/kubernetes/clusters.sh" up)
  export GYROPILOT_CLUSTER PATH=$PATH:${KUBE_HOME:-$HOME/.cache/real-kubernetes}/bin
  trap 'bash "$root/acceptance/kubernetes/clusters.sh" down' EXIT
elif [ -z "${GYROPILOT_CLUSTER:-}" ]; then
  echo "gyro verify: without --clusters or --kubeconfig the tests on real nodes are left out" >&2
fi

# Kubernetes' own device allocator, to compare ours with: built where there is a Go compiler, once for each state of its sources.
crosscheck() {
  local sources=$root/acceptance/dra-crosscheck cache=${XDG_CACHE_HOME:-$HOME/.cache}/gyropilot state binary
  state=$(cat "$sources"/*.go "$sources"/go.mod "$sources"/go.sum | sha256sum | cut -c1-16)
  binary=$cache/dra-crosscheck-$state
  if [ ! -x "$binary" ]; then
    mkdir -p "$cache"
    echo "gyro verify: building Kubernetes' device allocator for the comparison" >&2
    (cd "$sources" && go build -o "$binary.new" . && mv "$binary.new" "$binary") >&2 || return 1
    find "$cache" -name 'dra-crosscheck-*' ! -name "dra-crosscheck-$state" -delete
  fi
  echo "$binary"
}
if [ "$quick" = no ] && [ -z "${GYROPILOT_DRA_CROSSCHECK:-}" ]; then
  if ! command -v go >/dev/null 2>&1; then
    echo "gyro verify: go is not on the PATH, the comparison with Kubernetes' device allocator is left out" >&2
  elif GYROPILOT_DRA_CROSSCHECK=$(crosscheck); then
    export GYROPILOT_DRA_CROSSCHECK
  else
    unset GYROPILOT_DRA_CROSSCHECK
    echo "gyro verify: go could not build acceptance/dra-crosscheck, the comparison with Kubernetes' device allocator is left out" >&2
  fi
fi

# A test that fails is run once more: on a starved machine that tells a slow answer from a wrong one. The summary names such tests as flakes.
# Two rooms at a time: much of a test is waiting, for processes, disks and back-offs.
arguments=(-B -T 2 -Dexcluded.groups="$groups" -Dsurefire.rerunFailingTestsCount=1)
[ "$quick" = no ] || arguments+=(-Dlonger.tests=none)
arguments+=(-Ddra.crosscheck.inputs="$inputs")
[ "$guide" = no ] || arguments+=(-Dguide.write=true -Dtest=GuideIT -Dsurefire.failIfNoSpecifiedTests=false)
begin=$SECONDS
status=0
# The acceptance suite runs the launcher, which would otherwise build in the middle of a test.
[ "$quick" = yes ] || "$root/gyro" build
"${MAVEN:-mvn}" "${arguments[@]}" ${modules[@]+"${modules[@]}"} verify || status=$?

# The second world: the same story with pods as processes, but on a real control plane. With --clusters, or where it was built before.
story=ServeIT,KubectlIT,ClientsIT,EnginesIT
[ "$clusters" = no ] || story=$story,GenerationIT,ResilienceIT,QueuesIT,SimulationIT,TroubleIT,BadInputIT
kubernetes=${KUBE_HOME:-$HOME/.cache/real-kubernetes}/bin
if [ "$status" = 0 ] && [ "$quick$guide" = nono ] && [ ${#modules[@]} = 0 ]; then
  if [ "$clusters" = yes ] || [ -x "$kubernetes/kube-apiserver" ]; then
    echo "gyro verify: the story on a real control plane" >&2
    bash "$root/acceptance/kubernetes/build.sh" plane
    PATH=$PATH:$kubernetes GYROPILOT_WORLD=control-plane "${MAVEN:-mvn}" "${arguments[@]}" -pl acceptance -am -Dtest="$story" \
      -Dsurefire.failIfNoSpecifiedTests=false -Dsurefire.reportNameSuffix=control-plane test || status=$?
  else
    echo "gyro verify: without --clusters, or what acceptance/kubernetes/build.sh plane has built, the story on a real control plane is left out" >&2
  fi
fi
echo "gyro verify: $([ $status = 0 ] && echo passed || echo FAILED) after $((SECONDS - begin)) s" >&2
exit $status
