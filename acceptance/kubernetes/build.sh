#!/usr/bin/env bash
# Builds a real Kubernetes from Go modules, nothing else: build.sh [plane] [node] [helm] [kubectl]
#   plane  etcd, etcdctl, kube-apiserver, kube-controller-manager, kube-scheduler, kubectl, kwok     no root
#   node   kubelet, kube-proxy, containerd, ctr, runc, small images; needs root, installs Debian packages
#   helm   Helm 4
#   kubectl  only that
# Results in $KUBE_HOME (default ~/.cache/real-kubernetes): bin/, images/, stages.yaml. What is there already is not built again.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=${KUBE_HOME:-$HOME/.cache/real-kubernetes}; bin=$home/bin; src=$home/src
kube=v1.36.4 etcd=v3.6.16 kwok=v0.8.0 containerd=v2.3.7 runc=v1.5.2 helm=v4.3.1
mkdir -p "$bin" "$src" "$home/images"
export GOWORK=off GOFLAGS="-mod=mod -buildvcs=false -trimpath" CGO_ENABLED=0
say() { echo "$(date +%T) $*" >&2; }

# One module that requires the release and, in place of its ./staging folders, the published staging modules of the same version.
kubernetes_module() {
  local dir=$src/kubernetes-$kube staging=v0.${kube#v1.} upstream
  [ -f "$dir/go.mod" ] || {
    mkdir -p "$dir"; cd "$dir"
    upstream=$(cd "$(mktemp -d)" && go mod download -json "k8s.io/kubernetes@$kube" | sed -n 's/.*"GoMod": "\(.*\)",/\1/p')
    {
      echo "module wrap/kubernetes"; sed -n '/^go /p; /^godebug/p' "$upstream"; echo "require k8s.io/kubernetes $kube"
      sed -n '/^require (/,/^)/p' "$upstream" | sed -E "s#^([[:space:]]*k8s\.io/[^ ]+) v0\.0\.0( |\$)#\1 $staging\2#"
      echo "replace ("
      sed -n 's#^[[:space:]]*\(k8s\.io/[^ ]*\) => \./staging/.*#\1#p' "$upstream" | while read -r m; do echo "$m => $m $staging"; done
      echo ")"
    } >go.mod.new; mv go.mod.new go.mod
  }
  cd "$dir"
}
kubernetes() { # names of commands of k8s.io/kubernetes
  local missing=() n flags="-s -w" p minor=${kube#v1.}
  for n in "$@"; do [ -x "$bin/$n" ] || missing+=("$n"); done
  [ ${#missing[@]} = 0 ] && return
  kubernetes_module
  for p in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags+=" -X $p.gitVersion=$kube -X $p.gitMajor=1 -X $p.gitMinor=${minor%%.*} -X $p.gitTreeState=archive -X $p.gitCommit=$kube -X $p.buildDate=2026-11-21T00:00:00Z"
  done
  for n in "${missing[@]}"; do
    say "building $n $kube"
    case $n in
      *) go build -ldflags "$flags" -o "$bin/$n" "k8s.io/kubernetes/cmd/$n" ;;
    esac
  done
}
module() { # NAME MODULE VERSION PACKAGE [go build flags]: a program of an ordinary module
  local name=$1 mod=$2 version=$3 pkg=$4; shift 4
  [ -x "$bin/$name" ] && return
  say "building $name $version"
  mkdir -p "$src/$name"; cd "$src/$name"
  [ -f go.mod ] || go mod init "wrap/$name" 2>/dev/null
  go get "$mod@$version" 2>/dev/null; go build -ldflags "-s -w" "$@" -o "$bin/$name" "$pkg"
}
plane() {
  module etcd go.etcd.io/etcd/server/v3 $etcd go.etcd.io/etcd/server/v3
  module etcdctl go.etcd.io/etcd/etcdctl/v3 $etcd go.etcd.io/etcd/etcdctl/v3
  kubernetes kube-apiserver kube-controller-manager kube-scheduler kubectl
  module kwok sigs.k8s.io/kwok $kwok sigs.k8s.io/kwok/cmd/kwok
  [ -f "$home/stages.yaml" ] || {
    local stages; stages=$(cd "$src/kwok" && go list -m -f '{{.Dir}}' sigs.k8s.io/kwok)/kustomize/stage
    for f in node/fast/node-initialize node/heartbeat-with-lease/node-heartbeat-with-lease pod/fast/pod-complete pod/fast/pod-delete pod/fast/pod-ready; do
      echo "---"; cat "$stages/$f.yaml"; done >"$home/stages.yaml"
  }
}
node() {
  local need=() p
  for p in containernetworking-plugins busybox-static iptables nftables conntrack iproute2 libseccomp-dev pkg-config gcc curl openssl python3; do
    dpkg -s $p >/dev/null 2>&1 || need+=($p); done
  [ ${#need[@]} = 0 ] || { apt-get update -qq; apt-get install -y -qq --no-install-recommends "${need[@]}" >&2; }
  kubernetes kubectl kubelet kube-proxy
  for p in containerd containerd-shim-runc-v2 ctr; do module $p github.com/containerd/containerd/v2 $containerd github.com/containerd/containerd/v2/cmd/$p; done
  CGO_ENABLED=1 module runc github.com/opencontainers/runc $runc github.com/opencontainers/runc -tags seccomp
  [ -f "$home/images/pause.tar" ] || {
    local r; r=$(mktemp -d); gcc -static -Os -s -o "$r/pause" "$here/pause.c"
    python3 "$here/image.py" localhost/pause:1 "$r" "$home/images/pause.tar" --entrypoint '["/pause"]' >&2
  }
  [ -f "$home/images/busybox.tar" ] || {
    local r a; r=$(mktemp -d); mkdir -p "$r"/{bin,etc,tmp}; cp /bin/busybox "$r/bin/"; for a in $(/bin/busybox --list); do [ "$a" = busybox ] || ln -s busybox "$r/bin/$a"; done
    printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$r/etc/passwd"
    python3 "$here/image.py" localhost/busybox:1 "$r" "$home/images/busybox.tar" --cmd '["sh"]' >&2
  }
}
for part in "${@:-plane}"; do
  case $part in
    plane) plane ;;
    node) plane; node ;;
    helm) module helm helm.sh/helm/v4 $helm helm.sh/helm/v4/cmd/helm ;;
    kubectl) kubernetes kubectl ;;
    *) echo "unknown part: $part (plane, node, helm, kubectl)" >&2; exit 2 ;;
  esac
done
say "ready: $home"
