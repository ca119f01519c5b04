package dev.gyropilot.operator.serving;

import dev.gyropilot.api.Names;
import dev.gyropilot.api.cluster.Cluster;
import dev.gyropilot.api.cluster.Controller;
import dev.gyropilot.api.cluster.Key;
import dev.gyropilot.api.cluster.Reconciler;
import dev.gyropilot.api.cluster.Served;
import dev.gyropilot.api.serving.Engine;
import dev.gyropilot.api.serving.Model;
import dev.gyropilot.api.serving.ModelService;
import dev.gyropilot.api.serving.ModelServiceStatus;
import dev.gyropilot.operator.OperatorConfig;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimTemplate;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Turns a ModelService into a Deployment per revision and a Service that selects the active one. */
public final class ModelServiceReconciler implements Reconciler {
    private static final int PARALLELISM = 16;
    private static final int SERVICE_PORT = 80;

    private final Cluster cluster;
    private final OperatorConfig config;
    private final Apply apply;
    private final Served served;
    /** Whether claim templates were served, and hence are watched, from the start. */
    private final boolean claimsWatched;

    private ModelServiceReconciler(Cluster cluster, OperatorConfig config) {
        this.cluster = cluster;
        this.config = config;
        this.apply = new Apply(cluster.client());
        this.served = new Served(cluster.client()::supports, cluster::now);
        this.claimsWatched = served.has(ResourceClaimTemplate.class);
    }

    /** Registers what it watches; the caller starts it after the cluster has listed. */
    public static Controller wire(Cluster cluster, OperatorConfig config) {
        var reconciler = new ModelServiceReconciler(cluster, config);
        var controller = new Controller("modelservice", PARALLELISM, reconciler);
        cluster.informer(ModelService.class).addEventHandler(controller.handler(s -> List.of(Key.of(s))));
        cluster.informer(Model.class)
                .addEventHandler(controller.handler(
                        m -> servicesIn(cluster, m.getMetadata().getNamespace())));
        cluster.informer(Engine.class).addEventHandler(controller.handler(e -> servicesIn(cluster, null)));
        cluster.informer(Deployment.class).addEventHandler(controller.handler(ModelServiceReconciler::serviceOf));
        cluster.informer(Service.class).addEventHandler(controller.handler(ModelServiceReconciler::serviceOf));
        cluster.informer(Pod.class).addEventHandler(controller.handler(ModelServiceReconciler::serviceOf));
        if (reconciler.claimsWatched) {
            cluster.informer(ResourceClaimTemplate.class);
        }
        return controller;
    }

    private static List<Key> serviceOf(HasMetadata object) {
        String name = label(object, Names.LABEL_MODEL_SERVICE);
        return name == null ? List.of() : List.of(new Key(object.getMetadata().getNamespace(), name));
    }

    private static List<Key> servicesIn(Cluster cluster, @Nullable String namespace) {
        return cluster.informer(ModelService.class).getIndexer().list().stream()
                .map(Key::of)
                .filter(key -> namespace == null || key.namespace().equals(namespace))
                .toList();
    }

    /** What exists of a service. */
    private record Observed(
            ModelService service,
            List<Deployment> deployments,
            List<Pod> pods,
            Optional<Service> endpoint,
            Instant now) {
        @Nullable
        String selected() {
            return endpoint.map(s -> s.getSpec().getSelector())
                    .map(s -> s.get(Names.LABEL_REVISION))
                    .orElse(null);
        }

        List<Roll.State> revisions() {
            return deployments.stream()
                    .map(d -> new Roll.State(
                            String.valueOf(label(d, Names.LABEL_REVISION)),
                            Instant.parse(d.getMetadata().getCreationTimestamp()),
                            Objects.requireNonNullElse(d.getSpec().getReplicas(), 0),
                            ready(d)))
                    .toList();
        }

        Optional<Deployment> deployment(String hash) {
            return deployments.stream()
                    .filter(d -> hash.equals(label(d, Names.LABEL_REVISION)))
                    .findFirst();
        }

        List<Pod> pods(String hash) {
            return pods.stream()
                    .filter(p -> hash.equals(label(p, Names.LABEL_REVISION)))
                    .toList();
        }
    }

    /** What shall be. */
    private record Plan(ModelSource.Found model, Engine engine, Revision revision, Scale scale, Roll roll) {}

    @Override
    public Result reconcile(Key key) {
        ModelService service = cluster.cached(ModelService.class, key).orElse(null);
        if (service == null || service.getMetadata().getDeletionTimestamp() != null) {
            return Result.done();
        }
        Observed observed = observe(service);
        ModelSource source = ModelSource.resolve(
                service.getSpec().model(), name -> cluster.cached(Model.class, new Key(key.namespace(), name)));
        switch (source) {
            case ModelSource.Missing missing -> {
                report(service, Status.unresolved(service, missing.reason(), missing.message(), false, observed.now()));
                return Result.done();
            }
            case ModelSource.Found model -> {
                return serve(observed, model);
            }
        }
    }

    private Result serve(Observed observed, ModelSource.Found model) {
        ModelService service = observed.service();
        List<Engine> engines = cluster.informer(Engine.class).getIndexer().list();
        switch (EngineChoice.choose(service.getSpec().engine(), model, engines)) {
            case EngineChoice.None none -> {
                report(service, Status.unresolved(service, none.reason(), none.message(), true, observed.now()));
                return Result.done();
            }
            case EngineChoice.Chosen chosen -> {
                Optional<Lack> lack = Lack.of(service.getSpec(), served::has);
                if (lack.isPresent()) {
                    report(service, Status.lacking(service, lack.get(), observed.now()));
                    return Result.after(Served.LOOK_AGAIN);
                }
                Plan plan = plan(observed, model, chosen.engine());
                apply(observed, plan);
                report(service, status(observed, plan));
                return comeBack(plan.scale(), observed.now());
            }
        }
    }

    private Observed observe(ModelService service) {
        Key key = Key.of(service);
        return new Observed(
                service,
                owned(Deployment.class, key),
                owned(Pod.class, key),
                cluster.cached(Service.class, key).filter(s -> label(s, Names.LABEL_MODEL_SERVICE) != null),
                cluster.now());
    }

    private <T extends HasMetadata> List<T> owned(Class<T> type, Key service) {
        return cluster.informer(type).getIndexer().byIndex(Cache.NAMESPACE_INDEX, service.namespace()).stream()
                .filter(o -> service.name().equals(label(o, Names.LABEL_MODEL_SERVICE)))
                .toList();
    }

    private Plan plan(Observed observed, ModelSource.Found model, Engine engine) {
        Revision revision = Revision.of(observed.service(), model, engine, config);
        Scale scale = Scale.of(observed.service(), observed.now(), config.idleSeconds());
        Roll roll = Roll.plan(revision.hash(), observed.selected(), observed.revisions(), scale);
        return new Plan(model, engine, revision, scale, roll);
    }

    private void apply(Observed observed, Plan plan) {
        ModelService service = observed.service();
        String latest = plan.revision().hash();
        plan.revision()
                .claims(service)
                .ifPresent(claims -> apply.unlessSame(
                        claims,
                        claimsWatched
                                ? cluster.cached(ResourceClaimTemplate.class, Key.of(claims))
                                : Optional.empty()));
        Integer wanted = plan.roll().replicas().get(latest);
        apply.unlessSame(
                plan.revision().deployment(service, Objects.requireNonNull(wanted), plan.engine()),
                observed.deployment(latest));
        // New requests go to the new revision before the old one loses its pods.
        apply.unlessSame(endpoint(service, plan.roll().active()), observed.endpoint());
        plan.roll().replicas().forEach((hash, replicas) -> {
            if (!hash.equals(latest)) {
                observed.deployment(hash).ifPresent(d -> apply.scale(d, replicas));
            }
        });
        plan.roll().forgotten().stream()
                .flatMap(hash -> observed.deployment(hash).stream())
                .forEach(apply::delete);
    }

    private static Service endpoint(ModelService service, String active) {
        return new ServiceBuilder()
                .withNewMetadata()
                .withName(service.getMetadata().getName())
                .withNamespace(service.getMetadata().getNamespace())
                .withLabels(Revision.labels(service, null))
                .withOwnerReferences(Owner.of(service))
                .endMetadata()
                .withNewSpec()
                .withSelector(Revision.labels(service, active))
                .addNewPort()
                .withName(Names.PORT_HTTP)
                .withPort(SERVICE_PORT)
                .withProtocol("TCP")
                .withTargetPort(new IntOrString(Names.PORT_HTTP))
                .endPort()
                .endSpec()
                .build();
    }

    private ModelServiceStatus status(Observed observed, Plan plan) {
        String active = plan.roll().active();
        String latest = plan.revision().hash();
        Optional<Deployment> newest = observed.deployment(latest);
        var progress = new Status.Progress(
                active,
                latest,
                observed.deployments().stream()
                        .mapToInt(ModelServiceReconciler::replicas)
                        .sum(),
                observed.deployment(active).map(ModelServiceReconciler::ready).orElse(0),
                newest.map(ModelServiceReconciler::ready).orElse(0),
                Objects.requireNonNullElse(plan.roll().replicas().get(latest), 0),
                Trouble.among(observed.pods(active)),
                Trouble.among(observed.pods(latest)),
                newest.filter(ModelServiceReconciler::isLate).isPresent());
        return Status.resolved(
                observed.service(),
                plan.model(),
                plan.engine().getMetadata().getName(),
                plan.scale(),
                progress,
                config.servingUrl(),
                observed.now());
    }

    private void report(ModelService service, ModelServiceStatus status) {
        if (status.equals(service.getStatus())) {
            return;
        }
        apply.status(service, status);
        for (var happening : Happenings.between(service.getStatus(), status)) {
            if (happening.warning()) {
                cluster.warning(service, happening.reason(), happening.message());
            } else {
                cluster.normal(service, happening.reason(), happening.message());
            }
        }
    }

    private static Result comeBack(Scale scale, Instant now) {
        return scale instanceof Scale.Awake awake && awake.until() != null
                ? Result.after(Duration.between(now, awake.until()).plusMillis(1))
                : Result.done();
    }

    private static int ready(Deployment deployment) {
        return deployment.getStatus() == null
                ? 0
                : Objects.requireNonNullElse(deployment.getStatus().getReadyReplicas(), 0);
    }

    private static int replicas(Deployment deployment) {
        return deployment.getStatus() == null
                ? 0
                : Objects.requireNonNullElse(deployment.getStatus().getReplicas(), 0);
    }

    private static boolean isLate(Deployment deployment) {
        return deployment.getStatus() != null
                && deployment.getStatus().getConditions().stream()
                        .anyMatch(c -> "ProgressDeadlineExceeded".equals(c.getReason()));
    }

    private static @Nullable String label(HasMetadata object, String name) {
        Map<String, String> labels = object.getMetadata().getLabels();
        return labels == null ? null : labels.get(name);
    }
}
