package dev.gyropilot.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.builtin.Tree;
import dev.gyropilot.apiserver.resource.ObjectReader;

/** Turns the name of a pod's priority class into its number, and lets at most one class be the default. */
final class PodPriority implements Admission {
    private static final String GROUP = "scheduling.k8s.io";

    private final ObjectReader objects;

    PodPriority(ObjectReader objects) {
        this.objects = objects;
    }

    @Override
    public void admit(Request request) {
        ObjectNode object = request.object();
        if (object == null || request.operation().equals("DELETE")) {
            return;
        }
        if (Refusals.is(request, GROUP, "priorityclasses", "") && Tree.flag(object, "globalDefault")) {
            checkDefault(request, object);
        } else if (Refusals.createsPod(request)) {
            resolve(request, Tree.child(object, "spec"));
        }
    }

    private void checkDefault(Request request, ObjectNode priorityClass) {
        for (ObjectNode other : objects.list(GROUP, "priorityclasses", "")) {
            String name = Tree.text(other, "metadata", "name");
            if (Tree.flag(other, "globalDefault") && !name.equals(Tree.text(priorityClass, "metadata", "name"))) {
                throw Refusals.forbidden(
                        request, "PriorityClass " + name + " is already marked as default. Only one default can exist");
            }
        }
    }

    private void resolve(Request request, ObjectNode spec) {
        String name = Tree.text(spec, "priorityClassName");
        long value = 0;
        String preemption = "PreemptLowerPriority";
        for (ObjectNode priority : objects.list(GROUP, "priorityclasses", "")) {
            String itsName = Tree.text(priority, "metadata", "name");
            boolean meant = name.isEmpty() ? Tree.flag(priority, "globalDefault") : itsName.equals(name);
            if (meant) {
                spec.put("priorityClassName", itsName);
                value = Tree.number(0, priority, "value");
                preemption = Tree.text(priority, "preemptionPolicy");
            }
        }
        if (!name.isEmpty() && objects.get(GROUP, "priorityclasses", "", name) == null) {
            throw Refusals.forbidden(request, "no PriorityClass with name " + name + " was found");
        }
        JsonNode own = spec.path("priority");
        if (own.isNumber() && own.longValue() != value) {
            throw Refusals.forbidden(
                    request,
                    "the integer value of priority (" + own + ") must not be provided in pod spec; priority admission"
                            + " controller computed " + value + " from the given PriorityClass name");
        }
        spec.put("priority", (int) value);
        Tree.setIfAbsent(spec, "preemptionPolicy", preemption.isEmpty() ? "PreemptLowerPriority" : preemption);
    }
}
