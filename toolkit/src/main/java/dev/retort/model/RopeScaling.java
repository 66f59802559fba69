package dev.retort.model;

/** How rotary frequencies are stretched for contexts longer than those trained on. */
public sealed interface RopeScaling {

    /** Frequencies as they are. */
    record None() implements RopeScaling {}

    /** Every frequency divided by a factor. */
    record Linear(double factor) implements RopeScaling {}

    /** LLaMA 3.1's rule: low frequencies divided by the factor, high ones kept, those between interpolated. */
    record Llama3(double factor, double lowFrequencyFactor, double highFrequencyFactor, int originalMaxPositions)
            implements RopeScaling {}

    /** The d / 2 inverse frequencies, in radians a position, in float32 as in transformers. */
    default float[] inverseFrequencies(double theta, int headDim) {
        float[] inverse = new float[headDim / 2];
        for (int i = 0; i < inverse.length; i++) {
            float exponent = (float) (2 * i) / headDim;
            inverse[i] = scale(1f / (float) Math.pow(theta, exponent));
        }
        return inverse;
    }

    private float scale(float frequency) {
        if (this instanceof Linear linear) {
            return (float) (frequency / linear.factor());
        }
        if (this instanceof Llama3 llama) {
            double wavelength = 2 * Math.PI / frequency;
            double low = llama.originalMaxPositions() / llama.lowFrequencyFactor();
            double high = llama.originalMaxPositions() / llama.highFrequencyFactor();
            if (wavelength > low) {
                return (float) (frequency / llama.factor());
            }
            if (wavelength < high) {
                return frequency;
            }
            double smooth = (llama.originalMaxPositions() / wavelength - llama.lowFrequencyFactor())
                    / (llama.highFrequencyFactor() - llama.lowFrequencyFactor());
            return (float) ((1 - smooth) * (frequency / llama.factor()) + smooth * frequency);
        }
        return frequency;
    }
}
