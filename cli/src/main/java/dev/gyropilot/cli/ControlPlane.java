package dev.gyropilot.cli;

import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.node.NodeCredentials;
import dev.gyropilot.operator.OperatorConfig;
import java.net.URI;

/** The Kubernetes API that {@code gyro up} works with, and what of Gyropilot has to run beside it. */
interface ControlPlane extends AutoCloseable {
    /** Its address. */
    String url();

    /** As the node and the gateway see it. */
    Cluster cluster();

    /** The address ranges of pods: those of processes, and those of simulated ones. */
    PodAddresses podAddresses();

    /** What a kubelet endpoint of that node shows, and whom it answers. */
    NodeCredentials nodeCredentials(String node);

    /** Whatever turns Deployments into pods, where the API has nobody who does. */
    AutoCloseable startControllers() throws Exception;

    AutoCloseable startScheduler() throws Exception;

    /** @param gatewayUrl where clients reach the gateway */
    AutoCloseable startOperator(URI gatewayUrl) throws Exception;

    /** @throws dev.gyropilot.cli.CliError when the settings of those parts are wrong */
    void check(URI gatewayUrl);

    @Override
    void close();

    /**
     * Where the addresses of pods come from; each installation on a machine holds a part of both.
     *
     * @param processes range of pods that are processes
     * @param processPrefix size of a part of it
     * @param simulated range of simulated pods
     * @param simulatedPrefix size of a part of it
     */
    record PodAddresses(String processes, int processPrefix, String simulated, int simulatedPrefix) {}

    /** How pods are rendered that run as processes and keep fetched models in the data directory. */
    static OperatorConfig processes(Home home, URI gatewayUrl, String enginesImage, String schedulerName) {
        return new OperatorConfig(
                gatewayUrl,
                enginesImage,
                home.models().toString(),
                "",
                schedulerName,
                OperatorConfig.DEFAULT_HUB,
                OperatorConfig.DEFAULT_NODE_LOSS_SECONDS,
                OperatorConfig.DEFAULT_IDLE_SECONDS);
    }
}
