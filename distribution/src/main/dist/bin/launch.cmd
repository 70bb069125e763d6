@echo off
rem Runs one of the programs with the Java that is there. Usage: launch NAME MAIN_CLASS [ARGUMENT...]
setlocal
set "LAPIDARY_HOME=%~dp0.."
if defined JAVA_HOME (set "LAPIDARY_JAVA=%JAVA_HOME%\bin\java.exe") else (set "LAPIDARY_JAVA=java.exe")
set "LAPIDARY_NAME=%~1"
set "LAPIDARY_MAIN=%~2"
set "LAPIDARY_ARGS="
:next
shift /1
if "%~2"=="" goto run
set LAPIDARY_ARGS=%LAPIDARY_ARGS% %2
goto next
:run
set ORT_DISABLE_TELEMETRY=1
"%LAPIDARY_JAVA%" -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED -Djava.awt.headless=true -Dai.djl.offline=true -DOPT_OUT_TRACKING=true "-Dlapidary.home=%LAPIDARY_HOME%" "-Donnxruntime.native.path=%LAPIDARY_HOME%\natives" %LAPIDARY_JAVA_OPTS% -cp "%LAPIDARY_HOME%\lib\launch\%LAPIDARY_NAME%.jar" %LAPIDARY_MAIN%%LAPIDARY_ARGS%
exit /b %ERRORLEVEL%
