package dev.gyropilot.apiserver.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.builtin.Tree;
import java.util.List;

/** A pod stays for five minutes on a node that is not ready or cannot be reached, unless it says otherwise. */
final class DefaultTolerations implements Admission {
    private static final int SECONDS = 300;
    private static final List<String> TAINTS =
            List.of("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable");

    @Override
    public void admit(Request request) {
        ObjectNode pod = request.object();
        if (!Refusals.createsPod(request) || pod == null) {
            return;
        }
        ObjectNode spec = Tree.child(pod, "spec");
        for (String taint : TAINTS) {
            boolean tolerated = Tree.objects(spec, "tolerations").stream().anyMatch(own -> tolerates(own, taint));
            if (!tolerated) {
                Tree.list(spec, "tolerations")
                        .addObject()
                        .put("key", taint)
                        .put("operator", "Exists")
                        .put("effect", "NoExecute")
                        .put("tolerationSeconds", SECONDS);
            }
        }
    }

    private static boolean tolerates(ObjectNode toleration, String taint) {
        String effect = Tree.text(toleration, "effect");
        String key = Tree.text(toleration, "key");
        return (key.isEmpty() || key.equals(taint)) && (effect.isEmpty() || effect.equals("NoExecute"));
    }
}
