package dev.gyropilot.cli;

import dev.gyropilot.api.Names;
import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.apiserver.ApiServer;
import dev.gyropilot.apiserver.ApiServerConfig;
import dev.gyropilot.apiserver.controllers.WorkloadControllers;
import dev.gyropilot.node.NodeConfig;
import dev.gyropilot.node.NodeCredentials;
import dev.gyropilot.node.simulate.SimulationConfig;
import dev.gyropilot.operator.Operator;
import dev.gyropilot.operator.OperatorConfig;
import dev.gyropilot.scheduler.Scheduler;
import dev.gyropilot.scheduler.SchedulerConfig;
import java.io.IOException;
import java.net.URI;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The API server in this process, of which this process is all there is. */
final class EmbeddedControlPlane implements ControlPlane {
    /** 4,094 addresses for pods, one of 1,024 parts. */
    private static final int PODS_PREFIX = 20;
    /** 65,534 addresses for simulated pods, one of 64 parts. */
    private static final int SIMULATED_PODS_PREFIX = 16;

    private final Home home;
    private final Configuration configuration;
    private final ApiServer api;
    private final Cluster cluster;

    private EmbeddedControlPlane(Home home, Configuration configuration, ApiServer api, InstantSource clock) {
        this.home = home;
        this.configuration = configuration;
        this.api = api;
        this.cluster = new Cluster(api.client(), clock, "gyropilot");
    }

    static EmbeddedControlPlane start(Home home, Configuration configuration, int port, InstantSource clock)
            throws IOException {
        ApiServer api = ApiServer.start(configuration.section(
                "apiServer", ApiServerConfig.of(home.directory().resolve("apiserver"), port)));
        api.writeKubeconfig(home.kubeconfig(), ApiServer.ADMIN);
        EmbeddedKinds.defineSoon(api.client());
        return new EmbeddedControlPlane(home, configuration, api, clock);
    }

    @Override
    public void check(URI gatewayUrl) {
        schedulerConfig();
        operatorConfig(gatewayUrl);
    }

    private SchedulerConfig schedulerConfig() {
        return configuration.section("scheduler", SchedulerConfig.embedded());
    }

    private OperatorConfig operatorConfig(URI gatewayUrl) {
        return configuration.section(
                "operator",
                ControlPlane.processes(home, gatewayUrl, Names.ENGINES_IMAGE + ":" + Version.current(), ""));
    }

    @Override
    public String url() {
        return api.url();
    }

    @Override
    public Cluster cluster() {
        return cluster;
    }

    @Override
    public PodAddresses podAddresses() {
        return new PodAddresses(
                NodeConfig.DEFAULT_POD_RANGE, PODS_PREFIX, SimulationConfig.DEFAULT.podRange(), SIMULATED_PODS_PREFIX);
    }

    @Override
    public NodeCredentials nodeCredentials(String node) {
        var identity = api.servingIdentity("node-" + node, List.of("127.0.0.1", "localhost", node));
        return NodeCredentials.fromPem(
                identity.certificatePem(), identity.keyPem(), api.caPem(), Set.of("kube-apiserver-kubelet-client"));
    }

    @Override
    public AutoCloseable startControllers() throws Exception {
        return WorkloadControllers.start(cluster, api.caPem());
    }

    @Override
    public AutoCloseable startScheduler() throws Exception {
        return Scheduler.start(schedulerConfig(), cluster, Optional.of(home.decisions()));
    }

    @Override
    public AutoCloseable startOperator(URI gatewayUrl) throws Exception {
        return Operator.start(operatorConfig(gatewayUrl), cluster);
    }

    @Override
    public void close() {
        cluster.close();
        api.close();
    }
}
