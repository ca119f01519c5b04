#!/usr/bin/env bash
# Real Kubernetes nodes without Docker: each node is a set of namespaces (net, mount, pid, uts) with its own containerd and kubelet.
# Needs root and "build.sh node". nodes.sh up [NODES] | down | status | in NODE CMD... | load ARCHIVE
#   lose NODE | join NODE             the machine is gone at once and silent; it boots again with its disk
#   kill NODE PROGRAM | start NODE PROGRAM   such as kube-apiserver, etcd
#   certificate expired|good          what the API server shows from its next start
# DISK (such as 600m) bounds each kubelet's folder.
# TOP names the folder ($TOP/kubeconfig), PRE, NET, PODS and SVC the names and ranges, so that two clusters fit side by side.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd); TOP=$(realpath -m "${TOP:-run}"); KUBE_HOME=${KUBE_HOME:-$HOME/.cache/real-kubernetes}; BIN=$KUBE_HOME/bin; IMAGES=${IMAGES:-$KUBE_HOME/images}
PRE=${PRE:-rn}; NET=${NET:-10.250.0}; PODS=${PODS:-10.245.0.0/16}; SVC=${SVC:-10.97.0}; API=https://$NET.11:16443
export here TOP BIN IMAGES NET PODS SVC API
key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
alive() { tr "\0" " " <"/proc/$(cat $1/init.pid)/cmdline" 2>/dev/null | grep -q "node.sh"; }   # never signal a recycled pid
boot() { # name ip index: the machine's network, its cgroups and its pid 1
  ip netns add $1; ip link add $1 type veth peer name eth0 netns $1; ip link set $1 master $PRE-br; ip link set $1 up
  ip -n $1 link set lo up; ip -n $1 addr add $2/24 dev eth0; ip -n $1 link set eth0 up; ip -n $1 route add default via $NET.1
  ip netns exec $1 sysctl -qw net.ipv4.ip_forward=1
  for c in /sys/fs/cgroup/*/; do   # cgroup v1: one parent per controller
    [ "$(basename $c)" = unified ] && continue; mkdir -p $c/$1
    if [ -f $c/$1/cpuset.cpus ]; then cat $c/cpuset.cpus >$c/$1/cpuset.cpus; cat $c/cpuset.mems >$c/$1/cpuset.mems; fi
  done
  NAME=$1 IP=$2 RUN=$TOP/$1 SERVER=$(($3 == 1)) setsid nsenter --net=/run/netns/$1 unshare --mount --pid --uts --fork --kill-child --mount-proc "$here/node.sh" >$1/logs/node.log 2>&1 &
  echo $! >$1/outer.pid; until pgrep -P $(cat $1/outer.pid) >$1/init.pid; do sleep 0.05; done
}
unplug() { # name: what the kernel keeps of a machine
  ip link del $1 2>/dev/null || true; ip netns del $1 2>/dev/null || true
  for c in /sys/fs/cgroup/*/; do for t in $(seq 30); do find $c/$1 -depth -type d -exec rmdir {} \; 2>/dev/null || true; [ -d $c/$1 ] || break; sleep 0.1; done; done
}
routes() { # name...: pod routes between the nodes and from the host, once the controller manager gave each node its range
  local K="$BIN/kubectl --kubeconfig $TOP/kubeconfig" a b cidr
  for a in "$@"; do
    until cidr=$($K get node $a -o jsonpath='{.spec.podCIDR}' 2>/dev/null) && [ -n "$cidr" ]; do sleep 0.2; done
    ip route replace $cidr via $NET.$((10 + ${a#"$PRE"})); for b in "$@"; do [ $a = $b ] || ip -n $b route replace $cidr via $NET.$((10 + ${a#"$PRE"})); done
  done
}
case ${1:-} in
up)
  n=${2:-1}; mkdir -p "$TOP"/pki; cd "$TOP"
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
    boot $name $ip $i
  done
  K="$BIN/kubectl --kubeconfig kubeconfig"
  routes $(for i in $(seq $n); do echo $PRE$i; done)
  $K wait --for=condition=Ready nodes --all --timeout=60s ;;
down)
  cd "$TOP"
  for d in $PRE[0-9]*; do alive $d && kill -KILL $(cat $d/init.pid) || true; done   # pid 1 of the namespace: everything in it goes
  for d in $PRE[0-9]*; do for i in $(seq 50); do alive $d || break; sleep 0.1; done; done; sleep 0.5
  for d in $PRE[0-9]*; do unplug $d; rm -rf $d; done; ip link del $PRE-br 2>/dev/null || true ;;
lose)
  cd "$TOP"; ip link set $2 down; kill -KILL $(cat $2/init.pid); for i in $(seq 50); do alive $2 || break; sleep 0.1; done ;;
join)
  cd "$TOP"; unplug $2; rm -rf $2/containerd-state $2/ipam $2/cni; mkdir -p $2/ipam $2/cni
  boot $2 $NET.$((10 + ${2#"$PRE"})) ${2#"$PRE"}; routes $(ls -d $PRE[0-9]*) ;;
kill) "$0" in $2 kill -KILL "$(cat "$TOP/$2/$3.pid")" ;;
start) "$0" in $2 bash -c "cd '$TOP/$2'; export PATH=$BIN:\$PATH; eval \"exec setsid \$(cat $3.command)\" >>logs/$3.log 2>&1 </dev/null & echo \$! >$3.pid" ;;
certificate)
  cd "$TOP/pki"; [ -f good.crt ] || cp apiserver.crt good.crt
  if [ $2 = good ]; then cp good.crt new.crt; else
    rm -rf ca-db; mkdir ca-db; : >ca-db/index; echo 01 >ca-db/serial
    printf '[ca]\ndefault_ca=d\n[d]\ndatabase=ca-db/index\nserial=ca-db/serial\nnew_certs_dir=ca-db\ndefault_md=sha256\npolicy=p\ncopy_extensions=none\nx509_extensions=x\n[p]\ncommonName=supplied\n[x]\nsubjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' \
      "$(openssl x509 -in good.crt -noout -ext subjectAltName | sed -n 's/IP Address/IP/g; s/ //g; 2p')" >ca-db/conf
    openssl ca -batch -notext -config ca-db/conf -cert ca.crt -keyfile ca.key -in apiserver.csr -out new.crt -startdate 20200101000000Z -enddate 20200102000000Z 2>/dev/null
  fi; mv new.crt apiserver.crt ;;
load)   # an image archive into every node's containerd
  for d in "$TOP"/$PRE[0-9]*; do "$here/nodes.sh" in "$(basename "$d")" "$BIN/ctr" -a "$d/containerd.sock" -n k8s.io images import --all-platforms "$(realpath "$2")" >/dev/null; done ;;
in) n=$2; shift 2; exec nsenter -t "$(cat "$TOP/$n/init.pid")" --net --mount --pid --uts "$@" ;;
status)
  for d in "$TOP"/$PRE[0-9]*; do alive $d || continue; for p in $(pgrep --ns "$(cat $d/init.pid)" --nslist pid); do
    echo "$(basename $d) $(cat /proc/$p/comm) rss=$(awk '/VmRSS/{print int($2/1024)}' /proc/$p/status)MB cpu=$(awk '{print ($14+$15)/100}' /proc/$p/stat)s"; done; done ;;
esac
