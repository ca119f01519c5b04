/** OCI images from files, without a daemon, root or a base image: reproducible bit for bit. */
@NullMarked
package dev.gyropilot.install.image;

import org.jspecify.annotations.NullMarked;
