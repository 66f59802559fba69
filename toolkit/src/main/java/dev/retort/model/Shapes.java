package dev.retort.model;

/** Arithmetic on dimensions that come from untrusted files. */
final class Shapes {

    private Shapes() {}

    /**
     * The product of the dimensions; 1 for a scalar.
     *
     * @throws ArithmeticException when a dimension is negative or the product is over 2^63 - 1
     */
    static long elements(long... shape) {
        long elements = 1;
        for (long dimension : shape) {
            if (dimension < 0) {
                throw new ArithmeticException("negative dimension");
            }
            elements = Math.multiplyExact(elements, dimension);
        }
        return elements;
    }
}
