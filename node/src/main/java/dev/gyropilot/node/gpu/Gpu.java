package dev.gyropilot.node.gpu;

import java.util.OptionalLong;

/**
 * One NVIDIA GPU.
 *
 * @param address its place on the PCI bus, such as {@code 0000:65:00.0}
 * @param product its name, such as {@code NVIDIA H200}; empty when no driver tells it
 * @param memoryMebibytes as the driver's tool tells it; the kernel does not
 */
record Gpu(String address, String product, OptionalLong memoryMebibytes) {}
