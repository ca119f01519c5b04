package dev.gyropilot.brain.placement.device;

import dev.gyropilot.brain.placement.device.NodePool.PoolDevice;
import java.util.ArrayList;
import java.util.List;

/** A claim made ready for the search on one node: classes found, selectors compiled, "all" resolved, impossible input refused. */
final class ClaimPlan {
    /** How many devices one claim may get. */
    static final int RESULT_LIMIT = 32;

    final Claim claim;
    final List<RequestPlan> requests = new ArrayList<>();
    final List<ConstraintState> constraints = new ArrayList<>();

    /** The alternatives of a request. */
    record RequestPlan(Claim.Request request, List<AskPlan> alternatives) {}

    private ClaimPlan(Claim claim) {
        this.claim = claim;
    }

    /** @throws Aborted when the claim cannot be served on any node as it is */
    static ClaimPlan of(Claim claim, Search search) {
        var plan = new ClaimPlan(claim);
        for (Claim.Constraint constraint : claim.constraints()) {
            if (constraint instanceof Claim.Constraint.Unknown) {
                throw new Aborted("claim " + name(claim) + ": a constraint is of a kind that is not supported. Maybe"
                        + " matchAttribute or distinctAttribute was meant");
            }
            plan.constraints.add(ConstraintState.of(constraint, search.features));
        }
        long least = 0;
        for (Claim.Request request : claim.requests()) {
            if (request.prioritized() && !search.features.prioritizedList()) {
                throw new Aborted("claim " + name(claim) + ", request " + request.name()
                        + ": alternatives are requested, but the feature is disabled");
            }
            if (request.alternatives().isEmpty()) {
                throw new Aborted("claim " + name(claim) + ", request " + request.name()
                        + ": neither exactly nor firstAvailable is set");
            }
            var alternatives = new ArrayList<AskPlan>();
            long fewest = Long.MAX_VALUE;
            for (Claim.Ask ask : request.alternatives()) {
                AskPlan planned = plan.ask(request, ask, search);
                alternatives.add(planned);
                fewest = Math.min(fewest, planned.all ? planned.count : ask.count());
            }
            plan.requests.add(new RequestPlan(request, List.copyOf(alternatives)));
            least = Math.min(Integer.MAX_VALUE, least + fewest);
        }
        if (least > RESULT_LIMIT) {
            throw new Aborted("claim " + name(claim) + ": asks for at least " + least + " devices, more than the "
                    + RESULT_LIMIT + " that one claim can have. Maybe several claims");
        }
        return plan;
    }

    private AskPlan ask(Claim.Request request, Claim.Ask ask, Search search) {
        String what = "claim " + name(claim) + ", request "
                + (ask.name().isEmpty() ? request.name() : request.name() + "/" + ask.name());
        if (ask.adminAccess().isPresent() && !search.features.adminAccess()) {
            throw new Aborted(what + ": admin access is requested, but the feature is disabled");
        }
        if (!ask.capacity().isEmpty() && !search.features.consumableCapacity()) {
            throw new Aborted(what + ": capacity is requested, but the feature is disabled");
        }
        int unknown = ask.selectors().indexOf("");
        if (unknown >= 0) {
            throw new Aborted(
                    what + ": selector #" + unknown + " is no CEL expression. Maybe cel.expression is missing");
        }
        DeviceClass deviceClass = search.devices
                .deviceClass(ask.deviceClass())
                .orElseThrow(() -> new Aborted(what + ": device class " + ask.deviceClass() + " does not exist"));
        unknown = deviceClass.selectors().indexOf("");
        if (unknown >= 0) {
            throw new Aborted("class " + deviceClass.name() + ": selector #" + unknown
                    + " is no CEL expression. Maybe cel.expression is missing");
        }
        if (!ask.mode().equals("ExactCount") && !ask.mode().equals("All")) {
            throw new Aborted(
                    what + ": allocation mode \"" + ask.mode() + "\" is not supported. Maybe ExactCount or All");
        }
        var concerned = new ArrayList<ConstraintState>();
        for (int i = 0; i < constraints.size(); i++) {
            if (ConstraintState.concerns(claim.constraints().get(i), request.name(), ask.name())) {
                concerned.add(constraints.get(i));
            }
        }
        Selection selection = search.selections.of(deviceClass, ask.selectors());
        List<PoolDevice> wanted = ask.mode().equals("All") ? search.all(what, ask, selection) : List.of();
        return new AskPlan(what, request, ask, deviceClass, selection, wanted, List.copyOf(concerned), search.features);
    }

    private static String name(Claim claim) {
        return claim.namespace() + "/" + claim.name();
    }
}
