package dev.gyropilot.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What Gyropilot costs on a cluster: an installation on real nodes, and a thousand services on a real control plane. */
final class ClusterBench {
    private ClusterBench() {}

    static List<Row> run() throws Exception {
        List<Row> rows = new ArrayList<>();
        String kubeconfig = System.getenv("GYROPILOT_CLUSTER");
        if (kubeconfig == null) {
            System.err.println("cluster: GYROPILOT_CLUSTER names no cluster of real nodes, an installation is left out;"
                    + " acceptance/kubernetes/clusters.sh up makes one and prints its kubeconfig");
        } else {
            rows.addAll(new InstallBench(new Kube(Path.of(kubeconfig))).run());
        }
        if (RealControlPlane.isBuilt()) {
            try (ScaleBench scale = ScaleBench.start()) {
                rows.addAll(scale.run());
            }
        } else {
            System.err.println("cluster: there is no " + Kube.home().resolve("bin/kube-apiserver")
                    + ", a thousand services are left out; acceptance/kubernetes/build.sh plane builds it");
        }
        return rows;
    }
}
