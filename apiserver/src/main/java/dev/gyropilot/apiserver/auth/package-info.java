/** Who asks (certificates, tokens) and what they may do (RBAC, nodes). */
@NullMarked
package dev.gyropilot.apiserver.auth;

import org.jspecify.annotations.NullMarked;
