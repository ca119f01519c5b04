package dev.gyropilot.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.builtin.Tree;
import dev.gyropilot.apiserver.resource.ObjectReader;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Gives every pod a service account, and a volume with a short token for it, the cluster's CA and the namespace's name. */
final class ServiceAccountDefaults implements Admission {
    private static final String DEFAULT = "default";
    private static final String MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";
    private static final String LETTERS = "bcdfghjklmnpqrstvwxz2456789";
    private static final String MIRROR = "kubernetes.io/config.mirror";
    private static final int FILE_MODE = 0644;
    /** An hour and a little, by which an issuer knows tokens that were asked for like this. */
    private static final int TOKEN_SECONDS = 3607;

    private final ObjectReader objects;

    ServiceAccountDefaults(ObjectReader objects) {
        this.objects = objects;
    }

    @Override
    public void admit(Request request) {
        ObjectNode pod = request.object();
        if (!Refusals.createsPod(request) || pod == null) {
            return;
        }
        if (Tree.at(pod, "metadata", "annotations").has(MIRROR)) {
            return;
        }
        ObjectNode spec = Tree.child(pod, "spec");
        Tree.setIfEmpty(spec, "serviceAccountName", DEFAULT);
        String name = Tree.text(spec, "serviceAccountName");
        spec.put("serviceAccount", name);
        String namespace = request.attributes().namespace();
        ObjectNode account = objects.get("", "serviceaccounts", namespace, name);
        // The default account of a new namespace comes a moment after it; such a pod need not wait for it here, for its
        // token is asked for later.
        if (account == null && !name.equals(DEFAULT)) {
            throw Refusals.forbidden(
                    request,
                    "error looking up service account " + namespace + "/" + name + ": serviceaccount \"" + name
                            + "\" not found");
        }
        if (wantsToken(spec, account)) {
            mountToken(spec);
        }
        if (account != null && Tree.empty(spec, "imagePullSecrets") && !Tree.empty(account, "imagePullSecrets")) {
            spec.set("imagePullSecrets", account.get("imagePullSecrets").deepCopy());
        }
    }

    private static boolean wantsToken(ObjectNode spec, @Nullable ObjectNode account) {
        JsonNode own = spec.path("automountServiceAccountToken");
        if (own.isBoolean()) {
            return own.booleanValue();
        }
        return account == null || account.path("automountServiceAccountToken").asBoolean(true);
    }

    private static void mountToken(ObjectNode spec) {
        String volume = volumeName(spec);
        boolean used = false;
        for (String list : List.of("initContainers", "containers")) {
            for (ObjectNode container : Tree.objects(spec, list)) {
                boolean mounted = Tree.objects(container, "volumeMounts").stream()
                        .anyMatch(mount -> Tree.text(mount, "mountPath").equals(MOUNT_PATH));
                if (!mounted) {
                    used = true;
                    Tree.list(container, "volumeMounts")
                            .addObject()
                            .put("name", volume)
                            .put("readOnly", true)
                            .put("mountPath", MOUNT_PATH);
                }
            }
        }
        if (used) {
            ObjectNode projected =
                    Tree.list(spec, "volumes").addObject().put("name", volume).putObject("projected");
            ArrayNode sources = projected.putArray("sources");
            sources.addObject()
                    .putObject("serviceAccountToken")
                    .put("expirationSeconds", TOKEN_SECONDS)
                    .put("path", "token");
            ObjectNode authority = sources.addObject().putObject("configMap").put("name", "kube-root-ca.crt");
            authority.putArray("items").addObject().put("key", "ca.crt").put("path", "ca.crt");
            ObjectNode item = sources.addObject()
                    .putObject("downwardAPI")
                    .putArray("items")
                    .addObject();
            item.put("path", "namespace")
                    .putObject("fieldRef")
                    .put("apiVersion", "v1")
                    .put("fieldPath", "metadata.namespace");
            projected.put("defaultMode", FILE_MODE);
        }
    }

    private static String volumeName(ObjectNode spec) {
        StringBuilder name = new StringBuilder("kube-api-access-");
        for (int i = 0; i < 5; i++) {
            name.append(LETTERS.charAt(ThreadLocalRandom.current().nextInt(LETTERS.length())));
        }
        boolean taken = Tree.objects(spec, "volumes").stream()
                .anyMatch(volume -> Tree.text(volume, "name").contentEquals(name));
        return taken ? volumeName(spec) : name.toString();
    }
}
