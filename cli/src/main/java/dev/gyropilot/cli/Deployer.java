package dev.gyropilot.cli;

import dev.gyropilot.api.Conditions;
import dev.gyropilot.api.cluster.Key;
import dev.gyropilot.api.serving.Engine;
import dev.gyropilot.api.serving.Model;
import dev.gyropilot.api.serving.ModelService;
import dev.gyropilot.api.serving.ModelServiceStatus;
import dev.gyropilot.api.serving.ModelServices;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Applies what was asked and follows it until it is ready. */
final class Deployer implements AutoCloseable {
    static final String FIELD_MANAGER = "gyro";
    private static final int READY_LIMIT_SECONDS = 900;

    private static final Duration FAILURE_LIMIT = Duration.ofSeconds(8);
    private static final long LOOK_MILLIS = 250;

    private final Terminal terminal;
    private final KubernetesClient client;
    private long failingSinceNanos;

    Deployer(Terminal terminal, KubernetesClient client) {
        this.terminal = terminal;
        this.client = client;
    }

    /** Applies server-side; the names of the model services among the objects. */
    List<String> apply(DeployRequest request, String namespace) {
        checkModel(request, namespace);
        List<String> services = new ArrayList<>();
        for (HasMetadata object : objects(request)) {
            if (object.getMetadata().getNamespace() == null) {
                object.getMetadata().setNamespace(namespace);
            }
            HasMetadata applied = client.resource(object)
                    .patch(new PatchContext.Builder()
                            .withPatchType(PatchType.SERVER_SIDE_APPLY)
                            .withFieldManager(FIELD_MANAGER)
                            .withForce(true)
                            .withFieldValidation("Strict")
                            .build());
            terminal.done(applied.getKind().toLowerCase(java.util.Locale.ROOT) + " "
                    + applied.getMetadata().getName() + " applied");
            if (applied.getKind().equals("ModelService")) {
                services.add(applied.getMetadata().getName());
            }
        }
        return services;
    }

    /** A manifest may come before its Model; who types a model's name wants one that is there. */
    private void checkModel(DeployRequest request, String namespace) {
        if (!(request instanceof DeployRequest.Service(ModelService service))) {
            return;
        }
        String name = service.getSpec().model().name();
        if (name == null
                || client.resources(Model.class)
                                .inNamespace(namespace)
                                .withName(name)
                                .get()
                        != null) {
            return;
        }
        List<String> known = new ArrayList<>(ModelServices.builtIn());
        client.resources(Model.class)
                .inNamespace(namespace)
                .list()
                .getItems()
                .forEach(model -> known.add(model.getMetadata().getName()));
        throw new CliError(
                "there is no model " + name + " in namespace " + namespace + "; known are " + String.join(", ", known),
                "Give one of these, a file such as ./" + name + ".gguf, or an https:// or hf:// address.");
    }

    static List<HasMetadata> objects(DeployRequest request) {
        return switch (request) {
            case DeployRequest.Service service -> List.of(service.service());
            case DeployRequest.Manifest manifest -> parse(manifest);
        };
    }

    /** As generic objects: what the file says goes to the server, which finds unknown fields. */
    private static List<HasMetadata> parse(DeployRequest.Manifest manifest) {
        List<HasMetadata> objects = new ArrayList<>();
        for (String document : manifest.text().split("(?m)^---\\s*$")) {
            if (document.isBlank()) {
                continue;
            }
            GenericKubernetesResource object;
            try {
                object = Json.kubernetes().unmarshal(document, GenericKubernetesResource.class);
            } catch (RuntimeException e) {
                throw new CliError(
                        manifest.file() + " is not a Kubernetes manifest: " + firstLine(e), "Check its YAML.", e);
            }
            if (object == null || object.getKind() == null || object.getMetadata() == null) {
                throw new CliError(
                        manifest.file() + " holds a document without kind or metadata",
                        "Each object needs apiVersion, kind and metadata.name.");
            }
            objects.add(object);
        }
        return objects;
    }

    private static String firstLine(Throwable e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        return String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
    }

    /** Waits until the service is ready for its newest generation, showing what it waits for. */
    void awaitReady(String namespace, String name) {
        var resource =
                client.resources(ModelService.class).inNamespace(namespace).withName(name);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(READY_LIMIT_SECONDS);
        failingSinceNanos = 0;
        BlockingQueue<Boolean> changes = new LinkedBlockingQueue<>();
        try (SharedIndexInformer<ModelService> informer = resource.inform(onChange(changes))) {
            Supplier<@Nullable ModelService> newest =
                    () -> informer.getIndexer().getByKey(new Key(namespace, name).cacheKey());
            while (!ready(name, newest.get())) {
                if (System.nanoTime() > deadline) {
                    throw new CliError(
                            "model service " + name + " was not ready after " + READY_LIMIT_SECONDS + " s: "
                                    + reason(newest.get()),
                            "See `gyro describe " + name + "` and `gyro logs " + name + "`.");
                }
                // A lasting failure shows in time, not in changes.
                changes.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
                changes.clear();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CliError("interrupted while waiting for " + name, "", e);
        }
        terminal.done("model " + name + " is ready");
    }

    private static ResourceEventHandler<ModelService> onChange(BlockingQueue<Boolean> changes) {
        return new ResourceEventHandler<>() {
            @Override
            public void onAdd(ModelService service) {
                changes.add(true);
            }

            @Override
            public void onUpdate(ModelService before, ModelService after) {
                changes.add(true);
            }

            @Override
            public void onDelete(ModelService service, boolean finalStateUnknown) {
                changes.add(true);
            }
        };
    }

    private boolean ready(String name, @Nullable ModelService service) {
        ModelServiceStatus status = service == null ? null : service.getStatus();
        if (service == null
                || status == null
                || !Objects.equals(
                        status.observedGeneration(), service.getMetadata().getGeneration())) {
            terminal.doing("waiting for " + name);
            return false;
        }
        Optional<Condition> failure = failure(status);
        if (failure.isPresent()) {
            giveUpWhenLasting(name, failure.get());
        } else {
            failingSinceNanos = 0;
        }
        boolean ready = Conditions.isTrue(status.conditions(), Conditions.READY)
                && Objects.equals(status.activeRevision(), status.latestRevision());
        if (!ready) {
            terminal.doing("waiting for " + name + ": " + reason(service));
        }
        return ready;
    }

    /** A failure may pass, as when a node joins or a process comes back; one that stays does not mend itself. */
    private void giveUpWhenLasting(String name, Condition failure) {
        long now = System.nanoTime();
        if (failingSinceNanos == 0) {
            failingSinceNanos = now;
        }
        if (now - failingSinceNanos > FAILURE_LIMIT.toNanos()) {
            throw new CliError(
                    "model service " + name + " cannot get ready: " + failure.getMessage(),
                    "See `gyro describe " + name + "` and `gyro logs " + name + "`.");
        }
    }

    /** A condition that says that something failed. */
    private static Optional<Condition> failure(ModelServiceStatus status) {
        return Conditions.find(status.conditions(), "ModelResolved")
                .filter(c -> "False".equals(c.getStatus()))
                .or(() -> Conditions.find(status.conditions(), "Progressing")
                        .filter(c -> "False".equals(c.getStatus()) && !"Complete".equals(c.getReason())));
    }

    private static String reason(@Nullable ModelService service) {
        if (service == null || service.getStatus() == null) {
            return "no status yet";
        }
        return Conditions.find(service.getStatus().conditions(), Conditions.READY)
                .map(Condition::getMessage)
                .orElse("no status yet");
    }

    /** Whether the engine of the service answers embeddings. */
    boolean embeds(String namespace, String name) {
        ModelService service = client.resources(ModelService.class)
                .inNamespace(namespace)
                .withName(name)
                .get();
        if (service == null
                || service.getStatus() == null
                || service.getStatus().engine() == null) {
            return false;
        }
        Engine engine = client.resources(Engine.class)
                .withName(service.getStatus().engine())
                .get();
        return engine != null && engine.getSpec().tasks().equals(List.of("embeddings"));
    }

    /** What the objects would become, by a dry run on the server; nothing is changed. */
    List<HasMetadata> dryRun(DeployRequest request, String namespace) {
        checkModel(request, namespace);
        List<HasMetadata> result = new ArrayList<>();
        for (HasMetadata object : objects(request)) {
            if (object.getMetadata().getNamespace() == null) {
                object.getMetadata().setNamespace(namespace);
            }
            try {
                HasMetadata applied = client.resource(object)
                        .dryRun()
                        .patch(new PatchContext.Builder()
                                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                                .withFieldManager(FIELD_MANAGER)
                                .withForce(true)
                                .withFieldValidation("Strict")
                                .withDryRun(List.of("All"))
                                .build());
                applied.getMetadata().setManagedFields(null);
                result.add(applied);
            } catch (KubernetesClientException e) {
                throw new CliError(
                        object.getKind() + " " + object.getMetadata().getName() + " would be refused: "
                                + (e.getStatus() == null
                                        ? e.getMessage()
                                        : e.getStatus().getMessage()),
                        "",
                        e);
            }
        }
        return result;
    }

    @Override
    public void close() {
        client.close();
    }
}
