/** The controllers of Gyropilot own kinds: one package per capability. */
@NullMarked
package dev.gyropilot.operator;

import org.jspecify.annotations.NullMarked;
