package dev.retort.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import dev.retort.batch.TokenBatch;
import dev.retort.op.Autograd;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/** Passes that PyTorch's autograd takes back: for any model, device and adapter. */
final class AutogradPasses implements GradientPasses {

    private final LanguageModel model;
    private final Autograd tape = Autograd.record();
    private NDList states;
    private BooleanSupplier stop = () -> false;

    AutogradPasses(LanguageModel model) {
        this.model = model;
    }

    @Override
    public NDList labelStates(TokenBatch batch, List<Integer> layers) {
        if (stop.getAsBoolean()) {
            throw new CancellationException("the pass was given up");
        }
        states = model.labelStates(batch, layers);
        return states;
    }

    /** Here a pass is one piece: it is given up before it begins. */
    @Override
    public void stopWhen(BooleanSupplier newStop) {
        stop = newStop;
    }

    @Override
    public NDArray head() {
        return model.head();
    }

    @Override
    public void backward(NDList gradients) {
        NDArray sum = product(0, gradients);
        for (int i = 1; i < gradients.size(); i++) {
            sum = sum.add(product(i, gradients));
        }
        tape.backward(sum);
    }

    private NDArray product(int index, NDList gradients) {
        return states.get(index).mul(gradients.get(index)).sum().toType(DataType.FLOAT32, false);
    }

    @Override
    public void close() {
        tape.close();
    }
}
