#!/usr/bin/env bash
# pid 1 of one node (started by nodes.sh inside the node's namespaces)
set -uo pipefail
t0=$(date +%s.%N); lap() { echo "$(echo "$(date +%s.%N) - $t0" | bc) s: $*"; }
hostname $NAME; export PATH=$BIN:$PATH; cd $RUN
mount --make-rshared /
mount -t tmpfs tmpfs /run; mkdir -p /run/netns /run/cdi /run/lock /var/log /var/lib/kubelet
mount --bind $RUN/var-log /var/log
if [ -n "${DISK:-}" ]; then mount -t tmpfs -o size=$DISK tmpfs /var/lib/kubelet; else mount --bind $RUN/kubelet /var/lib/kubelet; fi
mount --make-rshared /var/lib/kubelet
printf 'nameserver %s\n' $SVC.10 >resolv.conf
for f in containerd.toml kubelet.yaml kube-proxy.yaml; do sed "s#@RUN@#$RUN#g; s#@TOP@#$TOP#g; s#@BIN@#$BIN#g; s#@NAME@#$NAME#g; s#@IP@#$IP#g; s#@PODS@#$PODS#g; s#@SVC@#$SVC#g" $here/conf/$f >$f; done
start() { local n=$1; shift; printf '%q ' "$@" >$n.command; "$@" >>logs/$n.log 2>&1 & echo $! >$n.pid; }
ok() { until [ "$(curl -sk -o /dev/null -w '%{http_code}' --cert $TOP/pki/admin.crt --key $TOP/pki/admin.key $2)" = 200 ]; do sleep 0.1; done; lap $1 ready; }
P=$TOP/pki
start containerd containerd -c containerd.toml
if [ $SERVER = 1 ]; then
  e=http://127.0.0.1
  start etcd etcd --name n1 --data-dir etcd --listen-client-urls $e:23790 --advertise-client-urls $e:23790 --listen-peer-urls $e:23800 --initial-advertise-peer-urls $e:23800 --initial-cluster n1=$e:23800 --unsafe-no-fsync --log-level warn
  ok etcd $e:23790/health
  start kube-apiserver kube-apiserver --etcd-servers $e:23790 --bind-address 0.0.0.0 --advertise-address $IP --secure-port 16443 \
    --tls-cert-file $P/apiserver.crt --tls-private-key-file $P/apiserver.key --client-ca-file $P/ca.crt \
    --kubelet-preferred-address-types InternalIP --kubelet-client-certificate $P/admin.crt --kubelet-client-key $P/admin.key --kubelet-certificate-authority $P/ca.crt \
    --requestheader-client-ca-file $P/proxy-ca.crt --requestheader-allowed-names front-proxy-client --requestheader-extra-headers-prefix X-Remote-Extra- \
    --requestheader-group-headers X-Remote-Group --requestheader-username-headers X-Remote-User --proxy-client-cert-file $P/proxy.crt --proxy-client-key-file $P/proxy.key \
    --enable-aggregator-routing --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction --allow-privileged \
    --service-account-issuer https://kubernetes.default.svc --service-account-key-file $P/sa.key --service-account-signing-key-file $P/sa.key --service-cluster-ip-range $SVC.0/24 ${API_ARGS:-}
  ok kube-apiserver $API/readyz
  start kube-controller-manager kube-controller-manager --kubeconfig $TOP/kubeconfig --bind-address 127.0.0.1 --leader-elect=false --use-service-account-credentials \
    --allocate-node-cidrs --cluster-cidr $PODS --service-account-private-key-file $P/sa.key --root-ca-file $P/ca.crt --cluster-signing-cert-file $P/ca.crt --cluster-signing-key-file $P/ca.key --cert-dir kcm ${KCM_ARGS:-}
  start kube-scheduler kube-scheduler --kubeconfig $TOP/kubeconfig --authentication-kubeconfig $TOP/kubeconfig --authorization-kubeconfig $TOP/kubeconfig --bind-address 127.0.0.1 --leader-elect=false --cert-dir sched
fi
until ctr -a $RUN/containerd.sock version >/dev/null 2>&1; do sleep 0.1; done
for i in $IMAGES/*.tar; do ctr -a $RUN/containerd.sock -n k8s.io images import --all-platforms $i >>logs/import.log 2>&1; done; lap images imported
ok kube-apiserver $API/readyz
# the kubelet wants to change three settings of the whole machine: it alone sees its wish granted
for f in vm/overcommit_memory=1 kernel/panic=10 kernel/panic_on_oops=1; do n=${f%=*}; echo ${f#*=} >fake/${n#*/}; done
start kubelet unshare --mount --propagation unchanged sh -c 'mount --make-rprivate /proc
  for f in vm/overcommit_memory kernel/panic kernel/panic_on_oops; do mount --bind '$RUN'/fake/${f#*/} /proc/sys/$f; done; exec "$@"' - \
  kubelet --config kubelet.yaml --kubeconfig kubelet.kubeconfig --hostname-override $NAME --node-ip $IP --tls-cert-file $P/$NAME.crt --tls-private-key-file $P/$NAME.key --v ${V:-2}
start kube-proxy kube-proxy --config kube-proxy.yaml --v ${V:-2}
k="kubectl --kubeconfig $TOP/kubeconfig get node $NAME -o"
until cidr=$($k jsonpath='{.spec.podCIDR}' 2>/dev/null) && [ -n "$cidr" ]; do sleep 0.2; done
cat >cni/10-node.conflist.tmp <<CNI
{"cniVersion": "0.4.0", "name": "node", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": false, "hairpinMode": true,
   "ipam": {"type": "host-local", "dataDir": "$RUN/ipam", "ranges": [[{"subnet": "$cidr"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
CNI
mv cni/10-node.conflist.tmp cni/10-node.conflist; lap "registered, pods $cidr"
until $k jsonpath='{.status.conditions[?(@.type=="Ready")].status}' 2>/dev/null | grep -q True; do sleep 0.2; done; lap node Ready
trap 'kill $(jobs -p); exit 0' TERM
wait
