package dev.gyropilot.brain.placement.device;

import dev.gyropilot.brain.placement.device.NodePool.PoolDevice;
import java.util.List;

/** One alternative of a request, made ready for the search on one node. */
final class AskPlan {
    /** Whose alternative it is, for messages. */
    final String what;

    final Claim.Request request;
    final Claim.Ask ask;
    final DeviceClass deviceClass;
    final boolean all;
    final List<PoolDevice> wanted;
    final int count;
    final List<ConstraintState> constraints;
    private final Selection selection;
    private final Features features;

    AskPlan(
            String what,
            Claim.Request request,
            Claim.Ask ask,
            DeviceClass deviceClass,
            Selection selection,
            List<PoolDevice> wanted,
            List<ConstraintState> constraints,
            Features features) {
        this.what = what;
        this.request = request;
        this.ask = ask;
        this.deviceClass = deviceClass;
        this.selection = selection;
        this.all = ask.mode().equals("All");
        this.wanted = wanted;
        this.count = all ? wanted.size() : (int) Math.min(ask.count(), Integer.MAX_VALUE);
        this.constraints = constraints;
        this.features = features;
    }

    /** The name that results and configurations use. */
    String name() {
        return ask.name().isEmpty() ? request.name() : request.name() + "/" + ask.name();
    }

    /** Whether a list of requests, or of alternatives, means this one. */
    boolean isNamedIn(List<String> requests) {
        return requests.contains(request.name()) || requests.contains(name());
    }

    /** @throws Aborted when a selector fails on the device */
    boolean selects(PoolDevice device) {
        return selects(selection, device, features, what);
    }

    /** Whether class and request select the device and this node reaches it. */
    static boolean selects(Selection selection, PoolDevice device, Features features, String what) {
        if (!features.bindingConditions() && !device.device.bindingConditions().isEmpty()) {
            return false;
        }
        return selection.matches(device, what) && device.reached;
    }

    /** Like {@link #selects}, and true where a selector fails: perhaps the device is never reached. */
    boolean maySelect(PoolDevice device) {
        try {
            return selects(device);
        } catch (Aborted e) {
            return true;
        }
    }

    /** Whether a taint that it does not tolerate keeps it from the device. */
    boolean isKeptFrom(Device device) {
        if (!features.deviceTaints()) {
            return false;
        }
        for (DeviceTaint taint : device.taints()) {
            if (taint.blocks() && ask.tolerations().stream().noneMatch(t -> t.tolerates(taint))) {
                return true;
            }
        }
        return false;
    }
}
