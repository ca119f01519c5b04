package dev.gyropilot.scheduler;

import dev.gyropilot.brain.placement.device.Claim;
import dev.gyropilot.brain.placement.objects.ClaimReader;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;

/** What a ResourceClaim's state means to the scheduler. */
final class ClaimFeed implements Feed.Reader<ResourceClaim> {
    private final SelectorChecks selectors;
    private final Remarks remarks;

    ClaimFeed(SelectorChecks selectors, Remarks remarks) {
        this.selectors = selectors;
        this.remarks = remarks;
    }

    @Override
    public Change present(ResourceClaim object) {
        Claim claim = ClaimReader.read(object);
        if (claim.allocation().isEmpty()) {
            selectors.problem(object).ifPresent(problem -> remarks.invalid(object, problem));
        }
        long version = version(object);
        return (world, waiting) -> world.claim(claim, version);
    }

    @Override
    public Change gone(ResourceClaim object) {
        String namespace = object.getMetadata().getNamespace();
        String name = object.getMetadata().getName();
        return (world, waiting) -> world.claimGone(namespace, name);
    }

    /** Resource versions of one kind are numbers that grow. */
    static long version(ResourceClaim claim) {
        String version = claim.getMetadata().getResourceVersion();
        return version == null ? 0 : Long.parseLong(version);
    }
}
