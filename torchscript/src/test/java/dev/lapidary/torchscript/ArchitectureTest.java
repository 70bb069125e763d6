package dev.lapidary.torchscript;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.properties.HasOwner;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.lapidary.core.ArchitectureContract;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.value.Elements;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArchitectureTest extends ArchitectureContract {
  private static final String TRACE = "dev.lapidary.torchscript.trace";

  ArchitectureTest() {
    super("torchscript");
  }

  @Override
  protected List<String> mayUse() {
    return List.of("dev.lapidary.core");
  }

  @Override
  protected List<String> mustNotUse() {
    return List.of("ai.djl", "ai.onnxruntime", "io.micronaut");
  }

  /**
   * A new operator is bounded without thinking of it: the dispatcher counts its calls and the
   * elements that it meets, and memory for constants is to be had from {@link Elements} alone.
   */
  @Test
  void operatorsAllocateOnlyWhereItIsCharged() {
    noClasses()
        .that()
        .resideInAnyPackage(TRACE + ".operator..", TRACE + ".quantized..", TRACE + ".builtin..")
        .should()
        .callMethod(Tensor.class, "zeros", DType.class, long[].class)
        .orShould()
        .callMethod(Tensor.class, "copy")
        .orShould()
        .callMethod(Storage.class, "allocate", long.class)
        .orShould()
        .callMethod(Budget.class, "allocate", long.class)
        .check(new ClassFileImporter().importPackages(TRACE));
  }

  /** Nothing is charged by hand: what an operator computes with has charged it. */
  @Test
  void operatorsDoNotChargeTheBudgetThemselves() {
    noClasses()
        .that()
        .resideInAnyPackage(TRACE + ".operator..", TRACE + ".quantized..")
        .should()
        .callMethodWhere(
            JavaCall.Predicates.target(HasOwner.Predicates.With.owner(type(Budget.class))))
        .check(new ClassFileImporter().importPackages(TRACE));
  }
}
