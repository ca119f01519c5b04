package dev.gyropilot.apiserver.controllers.namespace;

import dev.gyropilot.api.cluster.Controller;
import dev.gyropilot.api.cluster.Key;
import dev.gyropilot.api.cluster.Reconciler;
import dev.gyropilot.apiserver.controllers.Changes;
import dev.gyropilot.apiserver.controllers.Workspace;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.Map;

/** Keeps the ServiceAccount {@code default} and the ConfigMap {@code kube-root-ca.crt} in every namespace. */
public final class NamespaceDefaults implements Reconciler {
    static final String SERVICE_ACCOUNT = "default";
    static final String ROOT_CA = "kube-root-ca.crt";
    private static final int PARALLELISM = 8;

    private final Workspace workspace;
    private final Map<String, String> certificates;

    private NamespaceDefaults(Workspace workspace, String certificates) {
        this.workspace = workspace;
        this.certificates = Map.of("ca.crt", certificates);
    }

    /** Registers what it watches. */
    public static Controller wire(Workspace workspace, String certificates) {
        var controller =
                new Controller("namespace-defaults", PARALLELISM, new NamespaceDefaults(workspace, certificates));
        workspace
                .watch(Namespace.class)
                .addEventHandler(controller.handler(
                        n -> List.of(new Key("", n.getMetadata().getName()))));
        workspace.watch(ServiceAccount.class).addEventHandler(controller.handler(a -> namespaceOf(a, SERVICE_ACCOUNT)));
        workspace.watch(ConfigMap.class).addEventHandler(controller.handler(c -> namespaceOf(c, ROOT_CA)));
        return controller;
    }

    private static List<Key> namespaceOf(HasMetadata object, String name) {
        return object.getMetadata().getName().equals(name)
                ? List.of(new Key("", object.getMetadata().getNamespace()))
                : List.of();
    }

    @Override
    public Result reconcile(Key key) {
        Namespace namespace = workspace.get(Namespace.class, key).orElse(null);
        if (namespace == null || namespace.getMetadata().getDeletionTimestamp() != null) {
            return Result.done();
        }
        try (var changes = new Changes(workspace)) {
            serviceAccount(key.name(), changes);
            certificates(key.name(), changes);
        } catch (KubernetesClientException e) {
            // Made by another meanwhile, or the namespace is on its way out: the next event tells.
            if (e.getCode() != 409 && e.getCode() != 403 && e.getCode() != 404) {
                throw e;
            }
        }
        return Result.done();
    }

    private void serviceAccount(String namespace, Changes changes) {
        if (workspace
                .get(ServiceAccount.class, new Key(namespace, SERVICE_ACCOUNT))
                .isEmpty()) {
            changes.create(new ServiceAccountBuilder()
                    .withNewMetadata()
                    .withName(SERVICE_ACCOUNT)
                    .withNamespace(namespace)
                    .endMetadata()
                    .build());
        }
    }

    private void certificates(String namespace, Changes changes) {
        ConfigMap present =
                workspace.get(ConfigMap.class, new Key(namespace, ROOT_CA)).orElse(null);
        if (present == null) {
            changes.create(new ConfigMapBuilder()
                    .withNewMetadata()
                    .withName(ROOT_CA)
                    .withNamespace(namespace)
                    .addToAnnotations(
                            "kubernetes.io/description",
                            "The certificates by which clients in this namespace verify the Kubernetes API server.")
                    .endMetadata()
                    .withData(certificates)
                    .build());
        } else if (!certificates.equals(present.getData())) {
            changes.update(new ConfigMapBuilder(present).withData(certificates).build());
        }
    }
}
