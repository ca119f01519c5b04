package dev.gyropilot.node.server;

import java.util.Collection;
import java.util.Optional;

/** The pods that a kubelet endpoint speaks for. */
public interface ServedPods {
    Optional<? extends ServedPod> find(String namespace, String name);

    Collection<? extends ServedPod> all();
}
