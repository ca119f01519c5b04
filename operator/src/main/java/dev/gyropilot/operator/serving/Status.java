package dev.gyropilot.operator.serving;

import dev.gyropilot.api.Conditions;
import dev.gyropilot.api.Names;
import dev.gyropilot.api.serving.ModelService;
import dev.gyropilot.api.serving.ModelServiceStatus;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Builds the status of a ModelService from what was seen and planned. */
final class Status {
    static final String PROGRESSING = "Progressing";
    static final String MODEL_RESOLVED = "ModelResolved";
    static final String SCALED_TO_ZERO = "ScaledToZero";
    static final String REPLICAS_READY = "ReplicasReady";
    static final String STARTING = "Starting";

    private final ModelService service;
    private final Instant now;
    private List<Condition> conditions;

    private Status(ModelService service, Instant now) {
        this.service = service;
        this.now = now;
        this.conditions = conditions(service);
    }

    static List<Condition> conditions(ModelService service) {
        return service.getStatus() == null ? List.of() : service.getStatus().conditions();
    }

    /** What the active and the latest revision look like. */
    record Progress(
            String active,
            String latest,
            int pods,
            int readyOfActive,
            int readyOfLatest,
            int wantedOfLatest,
            Optional<Trouble> troubleOfActive,
            Optional<Trouble> troubleOfLatest,
            boolean late) {}

    /** The status of a service whose model or engine is not known; what runs goes on. */
    static ModelServiceStatus unresolved(
            ModelService service, String reason, String message, boolean model, Instant now) {
        var status = new Status(service, now);
        var before = service.getStatus();
        status.set(MODEL_RESOLVED, model, model ? "Resolved" : reason, model ? "the model is known" : message);
        status.set(PROGRESSING, false, reason, message);
        boolean serves = before != null
                && Objects.requireNonNullElse(before.readyReplicas(), 0) > 0
                && Conditions.isTrue(before.conditions(), Conditions.READY);
        if (!serves) {
            status.set(Conditions.READY, false, reason, message);
        }
        return new ModelServiceStatus(
                service.getMetadata().getGeneration(),
                before == null ? Integer.valueOf(0) : before.replicas(),
                before == null ? Integer.valueOf(0) : before.readyReplicas(),
                selector(service),
                before == null ? null : before.url(),
                before == null ? null : before.model(),
                before == null ? null : before.engine(),
                before == null ? null : before.activeRevision(),
                before == null ? null : before.latestRevision(),
                status.conditions);
    }

    /** The status of a service that asks for what the cluster does not have; what runs goes on. */
    static ModelServiceStatus lacking(ModelService service, Lack lack, Instant now) {
        ModelServiceStatus status = unresolved(service, lack.reason(), lack.message(), true, now);
        long generation = service.getMetadata().getGeneration();
        return new ModelServiceStatus(
                status.observedGeneration(),
                status.replicas(),
                status.readyReplicas(),
                status.selector(),
                status.url(),
                status.model(),
                status.engine(),
                status.activeRevision(),
                status.latestRevision(),
                Conditions.with(
                        status.conditions(),
                        Conditions.SUPPORTED,
                        false,
                        lack.reason(),
                        lack.message(),
                        generation,
                        now));
    }

    static ModelServiceStatus resolved(
            ModelService service,
            ModelSource.Found model,
            String engine,
            Scale scale,
            Progress progress,
            String url,
            Instant now) {
        var status = new Status(service, now);
        status.set(MODEL_RESOLVED, true, "Resolved", model.title() + " is served by engine " + engine);
        if (Conditions.find(status.conditions, Conditions.SUPPORTED).isPresent()) {
            status.set(Conditions.SUPPORTED, true, "Supported", "the cluster has what the service asks for");
        }
        status.progressing(progress);
        status.ready(scale, progress);
        return new ModelServiceStatus(
                service.getMetadata().getGeneration(),
                progress.pods(),
                progress.readyOfActive(),
                selector(service),
                url,
                model.title(),
                engine,
                progress.active(),
                progress.latest(),
                status.conditions);
    }

    private void ready(Scale scale, Progress progress) {
        int ready = progress.readyOfActive();
        switch (scale) {
            case Scale.Asleep ignored ->
                set(Conditions.READY, true, SCALED_TO_ZERO, "at zero while idle; the next request wakes it");
            case Scale.Off ignored ->
                set(Conditions.READY, false, "SwitchedOff", "spec.replicas is 0: raise it to serve requests");
            case Scale.Awake awake
            when ready > 0 ->
                set(
                        Conditions.READY,
                        true,
                        REPLICAS_READY,
                        ready + " of " + awake.replicas() + " replicas ready"
                                + progress.troubleOfActive()
                                        .filter(t -> ready < awake.replicas())
                                        .map(t -> "; " + t.message())
                                        .orElse(""));
            case Scale.Awake awake ->
                progress.troubleOfActive()
                        .ifPresentOrElse(
                                t -> set(Conditions.READY, false, t.reason(), t.message()),
                                () -> set(
                                        Conditions.READY,
                                        false,
                                        STARTING,
                                        "0 of " + awake.replicas() + " replicas ready; the model is starting"));
        }
    }

    private void progressing(Progress progress) {
        String revision = "revision " + progress.latest();
        String instead = progress.active().equals(progress.latest())
                ? ""
                : "; revision " + progress.active() + " goes on serving";
        boolean complete =
                progress.active().equals(progress.latest()) && progress.readyOfLatest() >= progress.wantedOfLatest();
        if (complete) {
            set(PROGRESSING, true, "RevisionReady", revision + " is rolled out");
        } else if (progress.troubleOfLatest().isPresent()) {
            Trouble trouble = progress.troubleOfLatest().get();
            set(PROGRESSING, false, trouble.reason(), revision + ": " + trouble.message() + instead);
        } else if (progress.late()) {
            set(
                    PROGRESSING,
                    false,
                    "ProgressDeadlineExceeded",
                    revision + " is not ready after " + Revision.progressDeadlineSeconds(service)
                            + " s; if its model takes longer to load, raise spec.rollout.progressDeadlineSeconds"
                            + instead);
        } else {
            set(
                    PROGRESSING,
                    true,
                    "RevisionStarting",
                    revision + ": " + progress.readyOfLatest() + " of " + progress.wantedOfLatest() + " replicas ready"
                            + instead);
        }
    }

    private void set(String type, boolean value, String reason, String message) {
        conditions = Conditions.with(
                conditions, type, value, reason, message, service.getMetadata().getGeneration(), now);
    }

    private static String selector(ModelService service) {
        return Names.LABEL_MODEL_SERVICE + "=" + service.getMetadata().getName();
    }
}
