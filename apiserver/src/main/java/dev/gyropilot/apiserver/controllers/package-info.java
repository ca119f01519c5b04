/**
 * The controllers that a Kubernetes control plane runs beside its API: workloads, endpoints, namespaces, garbage collection
 * and node life cycle. Needed by the embedded API only; they work through the client like those of any cluster.
 */
@NullMarked
package dev.gyropilot.apiserver.controllers;

import org.jspecify.annotations.NullMarked;
