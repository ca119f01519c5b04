package dev.gyropilot.apiserver.admission;

import dev.gyropilot.apiserver.auth.RbacAuthorizer;
import dev.gyropilot.apiserver.resource.ObjectReader;
import java.util.List;

/** Admissions one after the other; the first that throws refuses. Those that change come before those that only check. */
public final class AdmissionChain implements Admission {
    private final List<Admission> steps;

    public AdmissionChain(List<Admission> steps) {
        this.steps = List.copyOf(steps);
    }

    /** What a Kubernetes API server does by default, as far as it concerns this one. */
    public static AdmissionChain standard(ObjectReader objects, RbacAuthorizer access) {
        return new AdmissionChain(List.of(
                new NamespaceLifecycle(objects),
                new LimitRanger(objects),
                new ServiceAccountDefaults(objects),
                new PodPriority(objects),
                new DefaultTolerations(),
                new ServiceAddresses(objects),
                new NodeRestriction(objects),
                new RoleEscalation(access),
                new QuotaLimits(objects)));
    }

    @Override
    public void admit(Request request) {
        for (Admission step : steps) {
            step.admit(request);
        }
    }
}
