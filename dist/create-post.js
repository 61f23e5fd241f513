import{cleanUp as i}from"./index.js";await i();
