/** HTTPS on Netty: connections, bodies, streams and upgrades; knows nothing of Kubernetes objects. */
@NullMarked
package dev.gyropilot.apiserver.http;

import org.jspecify.annotations.NullMarked;
