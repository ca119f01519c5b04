@NullMarked
package dev.gyropilot.apiserver.controllers;

import org.jspecify.annotations.NullMarked;
