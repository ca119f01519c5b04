#!/usr/bin/env bash
# Real Kubernetes nodes without Docker: each node is a set of namespaces (net, mount, pid, uts) with its own containerd and kubelet.
# Needs root and "build.sh node". nodes.sh up [NODES] | down | status | in NODE CMD... | load ARCHIVE
# TOP names the folder ($TOP/kubeconfig), PRE, NET, PODS and SVC the names and ranges, so that two clusters fit side by side.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd); TOP=$(realpath -m "${TOP:-run}"); KUBE_HOME=${KUBE_HOME:-$HOME/.cache/real-kubernetes}; BIN=$KUBE_HOME/bin; IMAGES=${IMAGES:-$KUBE_HOME/images}
PRE=${PRE:-rn}; NET=${NET:-10.250.0}; PODS=${PODS:-10.245.0.0/16}; SVC=${SVC:-10.97.0}; API=https://$NET.11:16443
export here TOP BIN IMAGES NET PODS SVC API
alive() { tr "\0" " " <"/proc/$(cat $1/init.pid)/cmdline" 2>/dev/null | grep -q "node.sh"; }   # never signal a recycled pid
case ${1:-} in
up)
  n=${2:-1}; mkdir -p "$TOP"/pki; cd "$TOP"
  key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
  ca() { [ -f pki/$1.crt ] || openssl req -x509 $key -days 3650 -subj /CN=$1 -keyout pki/$1.key -out pki/$1.crt 2>/dev/null; }
  crt() { # name ca subject san
    [ -f pki/$1.crt ] && return; openssl req $key -subj "$3" -keyout pki/$1.key -out pki/$1.csr 2>/dev/null
    openssl x509 -req -in pki/$1.csr -CA pki/$2.crt -CAkey pki/$2.key -CAcreateserial -days 3650 -out pki/$1.crt \
      -extfile <(echo "subjectAltName=${4:-DNS:$1}"; echo "extendedKeyUsage=serverAuth,clientAuth") 2>/dev/null; }
  kc() { printf '{"apiVersion":"v1","kind":"Config","current-context":"c","contexts":[{"name":"c","context":{"cluster":"c","user":"u"}}],"clusters":[{"name":"c","cluster":{"server":"%s","certificate-authority-data":"%s"}}],"users":[{"name":"u","user":{"client-certificate-data":"%s","client-key-data":"%s"}}]}' \
      $API $(base64 -w0 <pki/ca.crt) $(base64 -w0 <pki/$2.crt) $(base64 -w0 <pki/$2.key) >$1; }
  ca ca; ca proxy-ca; crt admin ca /O=system:masters/CN=admin; crt proxy proxy-ca /CN=front-proxy-client
  crt apiserver ca /CN=kube-apiserver DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,DNS:localhost,IP:127.0.0.1,IP:$NET.11,IP:$SVC.1
  [ -f pki/sa.key ] || openssl genrsa -out pki/sa.key 2048 2>/dev/null
  kc kubeconfig admin
  ip link add $PRE-br type bridge; ip addr add $NET.1/24 dev $PRE-br; ip link set $PRE-br up; ip route add $SVC.0/24 via $NET.11
  for i in $(seq $n); do
    name=$PRE$i; ip=$NET.$((10 + i)); mkdir -p $name/{logs,cni,kubelet,fake,ipam,pod-logs,var-log}
    crt $name ca /O=system:nodes/CN=system:node:$name DNS:$name,IP:$ip; kc $name/kubelet.kubeconfig $name
    ip netns add $name; ip link add $name type veth peer name eth0 netns $name; ip link set $name master $PRE-br; ip link set $name up
    ip -n $name link set lo up; ip -n $name addr add $ip/24 dev eth0; ip -n $name link set eth0 up; ip -n $name route add default via $NET.1
    ip netns exec $name sysctl -qw net.ipv4.ip_forward=1
    for c in /sys/fs/cgroup/*/; do   # cgroup v1: one parent per controller
      [ "$(basename $c)" = unified ] && continue; mkdir -p $c/$name
      if [ -f $c/$name/cpuset.cpus ]; then cat $c/cpuset.cpus >$c/$name/cpuset.cpus; cat $c/cpuset.mems >$c/$name/cpuset.mems; fi
    done
    NAME=$name IP=$ip RUN=$TOP/$name SERVER=$((i == 1)) setsid nsenter --net=/run/netns/$name unshare --mount --pid --uts --fork --kill-child --mount-proc "$here/node.sh" >$name/logs/node.log 2>&1 &
    echo $! >$name/outer.pid; until pgrep -P $(cat $name/outer.pid) >$name/init.pid; do sleep 0.05; done
  done
  K="$BIN/kubectl --kubeconfig kubeconfig"
  for i in $(seq $n); do   # pod routes between the nodes and from the host, once the controller manager gave each node its range
    until cidr=$($K get node $PRE$i -o jsonpath='{.spec.podCIDR}' 2>/dev/null) && [ -n "$cidr" ]; do sleep 0.2; done
    ip route add $cidr via $NET.$((10 + i)); for j in $(seq $n); do [ $i = $j ] || ip -n $PRE$j route add $cidr via $NET.$((10 + i)); done
  done
  $K wait --for=condition=Ready nodes --all --timeout=60s ;;
down)
  cd "$TOP"
  for d in $PRE[0-9]*; do alive $d && kill -KILL $(cat $d/init.pid) || true; done   # pid 1 of the namespace: everything in it goes
  for d in $PRE[0-9]*; do for i in $(seq 50); do alive $d || break; sleep 0.1; done; done; sleep 0.5
  for d in $PRE[0-9]*; do
    ip link del $d 2>/dev/null || true; ip netns del $d 2>/dev/null || true
    for c in /sys/fs/cgroup/*/; do for t in $(seq 30); do find $c/$d -depth -type d -exec rmdir {} \; 2>/dev/null || true; [ -d $c/$d ] || break; sleep 0.1; done; done
    rm -rf $d
  done; ip link del $PRE-br 2>/dev/null || true ;;
load)   # an image archive into every node's containerd
  for d in "$TOP"/$PRE[0-9]*; do "$here/nodes.sh" in "$(basename "$d")" "$BIN/ctr" -a "$d/containerd.sock" -n k8s.io images import --all-platforms "$(realpath "$2")" >/dev/null; done ;;
in) n=$2; shift 2; exec nsenter -t "$(cat "$TOP/$n/init.pid")" --net --mount --pid --uts "$@" ;;
status)
  for d in "$TOP"/$PRE[0-9]*; do alive $d || continue; for p in $(pgrep --ns "$(cat $d/init.pid)" --nslist pid); do
    echo "$(basename $d) $(cat /proc/$p/comm) rss=$(awk '/VmRSS/{print int($2/1024)}' /proc/$p/status)MB cpu=$(awk '{print ($14+$15)/100}' /proc/$p/stat)s"; done; done ;;
esac
