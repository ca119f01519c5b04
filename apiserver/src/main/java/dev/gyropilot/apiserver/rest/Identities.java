package dev.gyropilot.apiserver.rest;

import dev.gyropilot.apiserver.auth.Authenticator;
import dev.gyropilot.apiserver.auth.RbacAuthorizer;
import dev.gyropilot.apiserver.auth.ServiceAccountTokens;

/** Who users are and what they may do, for the APIs that ask about it. */
public record Identities(Authenticator authenticator, ServiceAccountTokens tokens, RbacAuthorizer access) {}
