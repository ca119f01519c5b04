package dev.gyropilot.apiserver.controllers.endpoints;

import dev.gyropilot.api.cluster.Controller;
import dev.gyropilot.api.cluster.Key;
import dev.gyropilot.api.cluster.Reconciler;
import dev.gyropilot.apiserver.controllers.Changes;
import dev.gyropilot.apiserver.controllers.Selectors;
import dev.gyropilot.apiserver.controllers.Workspace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.List;
import java.util.Map;

/** Keeps the EndpointSlices of each Service that selects pods. */
public final class EndpointSliceController implements Reconciler {
    private static final int PARALLELISM = 16;

    private final Workspace workspace;

    private EndpointSliceController(Workspace workspace) {
        this.workspace = workspace;
    }

    /** Registers what it watches. */
    public static Controller wire(Workspace workspace) {
        var controller = new Controller("endpointslice", PARALLELISM, new EndpointSliceController(workspace));
        workspace.watch(Service.class).addEventHandler(controller.handler(s -> List.of(Key.of(s))));
        workspace.watch(EndpointSlice.class).addEventHandler(controller.handler(EndpointSliceController::serviceOf));
        workspace.watch(Pod.class).addEventHandler(controller.handler(pod -> servicesOf(workspace, pod)));
        return controller;
    }

    private static List<Key> serviceOf(EndpointSlice slice) {
        String service = Selectors.labels(slice).get(SlicePlan.SERVICE_NAME);
        return service == null || !isOurs(slice)
                ? List.of()
                : List.of(new Key(slice.getMetadata().getNamespace(), service));
    }

    private static List<Key> servicesOf(Workspace workspace, Pod pod) {
        Map<String, String> labels = Selectors.labels(pod);
        return workspace.in(Service.class, pod.getMetadata().getNamespace()).stream()
                .filter(EndpointSliceController::selects)
                .filter(s ->
                        labels.entrySet().containsAll(s.getSpec().getSelector().entrySet()))
                .map(Key::of)
                .toList();
    }

    private static boolean selects(Service service) {
        return service.getSpec().getSelector() != null
                && !service.getSpec().getSelector().isEmpty()
                && !"ExternalName".equals(service.getSpec().getType());
    }

    private static boolean isOurs(EndpointSlice slice) {
        return SlicePlan.MANAGER.equals(Selectors.labels(slice).get(SlicePlan.MANAGED_BY));
    }

    @Override
    public Result reconcile(Key key) {
        Service service = workspace.get(Service.class, key).orElse(null);
        if (service == null || service.getMetadata().getDeletionTimestamp() != null || !selects(service)) {
            // Slices of a Service that is gone go by their owner.
            return Result.done();
        }
        List<EndpointSlice> existing = workspace.in(EndpointSlice.class, key.namespace()).stream()
                .filter(s -> isOurs(s) && key.name().equals(Selectors.labels(s).get(SlicePlan.SERVICE_NAME)))
                .filter(s -> s.getMetadata().getDeletionTimestamp() == null)
                .toList();
        SlicePlan plan = SlicePlan.plan(service, workspace.in(Pod.class, key.namespace()), existing);
        try (var changes = new Changes(workspace)) {
            plan.create().forEach(changes::create);
            plan.update().forEach(changes::update);
            plan.delete().forEach(changes::delete);
        }
        return Result.done();
    }
}
