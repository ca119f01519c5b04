/** How a role speaks to a Kubernetes API: one client, shared informers, keyed work queues, events. */
@NullMarked
package dev.gyropilot.api.cluster;

import org.jspecify.annotations.NullMarked;
