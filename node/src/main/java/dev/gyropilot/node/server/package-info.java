/** The kubelet's HTTPS endpoint: logs, exec, attach, port-forward, statistics. */
@NullMarked
package dev.gyropilot.node.server;

import org.jspecify.annotations.NullMarked;
