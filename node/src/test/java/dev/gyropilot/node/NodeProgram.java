package dev.gyropilot.node;

import dev.gyropilot.api.cluster.Cluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Set;

/** A node in a program of its own, for tests that kill it: NAME DATA API_PORT FILES. */
final class NodeProgram {
    private NodeProgram() {}

    public static void main(String[] arguments) throws Exception {
        Path files = Path.of(arguments[3]);
        var client =
                RealControlPlane.client(Integer.parseInt(arguments[2]), Files.readString(files.resolve("api-ca.pem")));
        var credentials = NodeCredentials.fromPem(
                Files.readString(files.resolve("node.pem")),
                Files.readString(files.resolve("node-key.pem")),
                Files.readString(files.resolve("ca.pem")),
                Set.of(TestPki.CALLER));
        var cluster = new Cluster(client, InstantSource.system(), "gyropilot");
        ProcessNode.start(Workbench.config(arguments[0], Path.of(arguments[1])), cluster, credentials);
        Thread.currentThread().join();
    }
}
